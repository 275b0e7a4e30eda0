"""Targets from formulas and from tables."""

from dataclasses import replace

import numpy as np
import pytest

from mlp_core import Settings, baselines, dataset, train
from mlp_core.data.dataset import target_scale
from mlp_core.data.table import Table, closed, diabetes, opened
from mlp_core.switches import STAGES
from mlp_core.tasks import FORMULAS, TASKS, size


def own_table(rows: int = 60, seed: int = 0) -> Table:
    """Returns a table whose target is 100 + 20 a."""
    x = np.random.default_rng(seed).normal(size=(rows, 3)) * [1, 50, 0.01] + [0, 1000, 5]
    return Table(("a", "b", "c"), "y", x, 100 + 20 * x[:, 0])


@pytest.fixture
def own_task():
    task = opened(own_table())
    yield task
    closed(task)


def test_formulas_against_the_same_by_hand():
    x = np.array([[0.5, 2.0, -1.0, 3.0, 0.25]])

    assert FORMULAS["sum"].target(x) == pytest.approx(4.75)
    assert FORMULAS["product"].target(x) == pytest.approx(0.5 * 2 - 3 + 0.25)
    assert FORMULAS["length"].target(x) == pytest.approx(np.sqrt(14.3125))
    assert FORMULAS["sine"].target(x[:, :1]) == pytest.approx(np.sin(1.0))
    u = np.array([[0.5, 1.0, 0.5, 0.1, 0.2, *[0.9] * 5]])
    assert FORMULAS["friedman"].target(u) == pytest.approx(10 + 0 + 1 + 1)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_trains_to_a_loss_below_that_of_the_start(task):
    run = train(Settings(task=task, steps=200), STAGES["beyond"])

    assert run.val_loss[-1] < run.val_loss[0]


@pytest.mark.parametrize("task", ["friedman", "diabetes"])
def test_standardized_training_rows_have_mean_0_and_deviation_1(task):
    data = dataset(Settings(task=task, seed=3))

    for column in (*data.x_train.T, data.y_train[:, 0]):
        assert column.mean() == pytest.approx(0, abs=1e-4)
        assert column.std() == pytest.approx(1, abs=1e-4)


def test_the_target_scale_gives_the_tables_own_numbers_back():
    settings = Settings(task="diabetes")
    data, scale = dataset(settings), target_scale(settings)

    targets = np.concatenate([data.y_train, data.y_val])[:, 0] * scale.unit + scale.mean

    np.testing.assert_allclose(np.sort(targets), np.sort(diabetes().y), rtol=1e-4)


def test_a_seed_decides_which_rows_of_a_table_train():
    first, again, other = (dataset(Settings(task="diabetes", seed=seed)) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first.x_val, again.x_val)
    assert not np.allclose(first.x_val, other.x_val)
    assert len(first.x_train) + len(first.x_val) == 442


def test_the_diabetes_data_are_the_published_ones():
    table = diabetes()

    assert table.x.shape == (442, 10)
    assert table.features[2] == "bmi"
    # Mean and range of the target, and the mean age and BMI, as published with the data.
    assert (table.y.min(), table.y.max()) == (25, 346)
    assert table.y.mean() == pytest.approx(152.13, abs=0.01)
    assert table.x[:, 0].mean() == pytest.approx(48.52, abs=0.01)
    assert table.x[:, 2].mean() == pytest.approx(26.38, abs=0.01)


def test_noise_leaves_the_features_and_adds_its_variance():
    clean, noisy = dataset(Settings()), dataset(Settings(noise=0.5))

    added = noisy.y_train - clean.y_train
    np.testing.assert_array_equal(noisy.x_train, clean.x_train)
    assert added.std() == pytest.approx(0.5, rel=0.03)
    assert baselines(Settings(noise=0.5)).least_possible == pytest.approx(0.25)


def test_least_squares_reaches_what_noise_leaves_on_the_sum():
    reached = baselines(Settings(noise=0.5))

    assert reached.least_squares == pytest.approx(reached.least_possible, rel=0.06)


def test_on_a_standardized_target_the_least_possible_loss_is_scaled_too():
    noisy = Settings(task="friedman", noise=1.0)

    expected = 1 / target_scale(noisy).unit ** 2

    assert baselines(noisy).least_possible == pytest.approx(expected)


def test_nobody_knows_the_least_possible_loss_of_a_table():
    assert baselines(Settings(task="diabetes")).least_possible is None


def test_an_open_table_trains_like_any_task(own_task):
    run = train(Settings(task=own_task, batch_size=16, steps=300), STAGES["beyond"])

    assert size(own_task) == (3, 60)
    assert run.final_train_loss < 0.1


def test_a_closed_table_is_refused():
    task = opened(own_table())
    closed(task)

    with pytest.raises(ValueError, match="task must be a table that is open"):
        train(Settings(task=task, batch_size=16), STAGES["final"])


def test_settings_of_a_table_stay_valid_when_it_is_closed():
    task = opened(own_table())
    settings = Settings(task=task, batch_size=16)
    closed(task)

    assert replace(settings, seed=1).num_train == settings.num_train == 48


def test_two_readers_tables_never_share_a_task():
    table = own_table()
    first, second = opened(table), opened(table)
    closed(first)

    assert size(second).num_rows == 60
    closed(second)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.ones((10, 2)), "y": np.arange(10.0)}, "rows must be 20 to 100,000, got 10"),
        ({"x": np.ones((30, 101)), "y": np.arange(30.0)}, "columns must be 2 to 64, got 102"),
        ({"x": np.ones((30, 0)), "y": np.arange(30.0)}, "columns must be 2 to 64, got 1"),
        ({"x": np.full((30, 2), np.inf), "y": np.arange(30.0)}, "all numbers must be in"),
        ({"x": np.ones((30, 2)), "y": np.full(30, 7.0)}, "the target must vary, got 7"),
    ],
)
def test_a_table_that_cannot_be_learned_is_refused_with_its_rule(change, message):
    names = tuple(f"x{place}" for place in range(change["x"].shape[1]))

    with pytest.raises(ValueError, match=message):
        Table(names, "y", **change)


@pytest.mark.parametrize(
    ("features", "x", "y"),
    [
        (2, np.ones(30), np.arange(30.0)),
        (2, np.ones((30, 2, 1)), np.arange(30.0)),
        (2, np.ones((30, 2)), np.arange(29.0)),
        (2, np.ones((30, 2)), np.ones((30, 1))),
        (2, np.ones((30, 2)), np.array(1.0)),
        (3, np.ones((30, 2)), np.arange(30.0)),
        (0, np.array(1.0), np.array(1.0)),
    ],
)
def test_a_table_whose_shapes_do_not_fit_is_refused(features, x, y):
    with pytest.raises(ValueError, match=r"x must be \[N, D\], y \[N\], and features D names"):
        Table(tuple("abc"[:features]), "y", x, y)


def test_a_column_that_never_varies_does_no_harm():
    table = own_table()
    table.x[:, 1] = 3.0
    task = opened(table)

    data = dataset(Settings(task=task, batch_size=16))

    assert np.isfinite(data.x_train).all()
    assert not data.x_train[:, 1].any()
    closed(task)
