"""Settings and switches reject invalid values with a message."""

from itertools import pairwise

import numpy as np
import pytest

from mlp_core import STAGES, Fixes, Settings


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("seed", -1, r"seed must be in 0\.\.2147483647, got -1"),
        ("seed", 1.5, "seed must be a whole number, got 1.5"),
        ("seed", True, "seed must be a whole number, got True"),
        ("task", "nope", "task must be one of sum, .*, got .nope."),
        ("examples", 10, r"examples must be in 100\.\.50000, got 10"),
        ("val_share", 0.9, r"val_share must be in 0\.05\.\.0\.5, got 0\.9"),
        ("val_share", float("nan"), "val_share must be in"),
        ("hidden", (), "hidden must be a tuple of 1..4 widths"),
        ("hidden", [8, 6], "hidden must be a tuple"),
        ("hidden", (8, 1), r"a hidden width must be in 2\.\.64, got 1"),
        ("hidden", (8, "6"), "a hidden width must be in"),
        ("steps", 0, "steps must be in"),
        ("batch_size", 0, "batch_size must be in"),
        ("learning_rate", float("inf"), "learning_rate must be in"),
        ("learning_rate", "0.1", "learning_rate must be a number"),
        ("weight_decay", -0.1, "weight_decay must be in"),
        ("schedule", "sawtooth", "schedule must be one of constant, cosine"),
        ("clip_norm", 0.0, "clip_norm must be in"),
        ("noise", 11, r"noise must be in 0\.0\.\.10\.0, got 11"),
    ],
)
def test_a_setting_out_of_bounds_is_refused_with_its_rule(field, value, message):
    with pytest.raises(ValueError, match=message):
        Settings(**{field: value})


def test_a_batch_larger_than_the_training_set_is_refused():
    with pytest.raises(ValueError, match="at most the 80 training rows, got 81"):
        Settings(examples=100, batch_size=81)


def test_more_batches_than_memory_holds_are_refused():
    with pytest.raises(ValueError, match="steps times batch_size must be at most 3333333"):
        Settings(steps=10_000, batch_size=512)


def test_the_more_features_the_fewer_rows_fit_into_memory():
    with pytest.raises(ValueError, match="steps times batch_size must be at most 1818181"):
        Settings(task="friedman", steps=10_000, batch_size=256)


def test_the_targets_of_a_table_take_no_noise():
    with pytest.raises(ValueError, match=r"noise must be 0 for a table, got 0.5"):
        Settings(task="diabetes", noise=0.5)


def test_the_defaults_are_the_posts():
    settings = Settings()

    assert (settings.num_train, settings.num_val, settings.steps_per_epoch) == (8000, 2000, 32)


def test_numbers_of_numpy_are_kept_as_those_of_python():
    values = {"seed": np.int64(7), "steps": np.uint8(9), "batch_size": np.int32(32)}
    values |= {"learning_rate": np.float64(0.02), "noise": np.int64(1), "clip_norm": np.float32(2)}
    of_numpy = Settings(**values, hidden=tuple(np.array([8, 6])))

    plain = Settings(
        seed=7, steps=9, batch_size=32, learning_rate=0.02, noise=1, clip_norm=2, hidden=(8, 6)
    )
    assert of_numpy == plain
    assert hash(of_numpy) == hash(plain)
    assert repr(of_numpy) == repr(plain)
    assert {type(value) for value in vars(of_numpy).values()} == {int, float, str, tuple}
    assert {type(width) for width in of_numpy.hidden} == {int}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", np.float64(7)),
        ("seed", np.True_),
        ("noise", np.True_),
        ("noise", 10**400),
        ("learning_rate", np.float32("nan")),
        ("learning_rate", np.str_("0.1")),
        ("hidden", (8, np.True_)),
        ("hidden", (8, np.float64(6))),
    ],
)
def test_other_values_of_numpy_are_refused(field, value):
    with pytest.raises(ValueError, match="must be"):
        Settings(**{field: value})


@pytest.mark.parametrize("examples", [100, 999, 1000, 10_000, 49_999])
@pytest.mark.parametrize("val_share", [0.05, 0.1, 0.2, 0.3, 0.5])
def test_every_example_trains_or_validates(examples, val_share):
    settings = Settings(examples=examples, val_share=val_share, batch_size=1)

    assert settings.num_train + settings.num_val == examples
    assert abs(settings.num_val - val_share * examples) < 1 + 1e-6


def test_a_switch_is_a_bool():
    with pytest.raises(ValueError, match="adamw must be True or False, got 1"):
        Fixes(adamw=1)


def test_each_stage_keeps_the_fixes_before_it():
    on = [{name for name, value in vars(fixes).items() if value} for fixes in STAGES.values()]

    assert list(STAGES) == ["v1", "keys", "norm", "batches", "jit", "final", "beyond"]
    assert all(before < after for before, after in pairwise(on))
    assert on[0] == set()
    assert len(on[-1]) == 8
