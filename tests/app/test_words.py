"""The sentences that a reader sees, for runs made by hand."""

import re
from dataclasses import replace
from itertools import product
from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.lab import sentences
from mlp_core import STAGES, Fixes, Settings
from mlp_core.data.dataset import Baselines
from mlp_core.engine.training import Run

BASELINES = Baselines(predict_mean=5.0, least_squares=0.0)


def run(val_loss: list[float], rows: list[int] | None = None, batch: int = 256) -> Run:
    """Returns a run of three updates with a record after each."""
    losses = np.array(val_loss)
    seen = np.array(rows or [batch] * 3)
    batch_loss = np.where(seen > 0, 1.0, np.nan)
    return Run(Settings(steps=3), Fixes(), np.arange(4), losses, losses, batch_loss, seen, ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.6377, "5.64"),
        (0.0471, "0.047"),
        (0.0028, "0.0028"),
        (0.0005, "5.0 × 10⁻⁴"),
        (1e-13, "0"),
        (123456.0, "1.2 × 10⁵"),
        (float("nan"), "NaN"),
        (float("inf"), "infinite"),
    ],
)
def test_a_loss_has_about_three_digits(value: float, text: str) -> None:
    assert words.loss(value) == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (2.86, 5.64, "-49%"),
        (5.64, 2.86, "+97%"),
        (5.64, 0.0028, "+2.0 × 10⁵%"),
        (1.0, 1.001, "0%"),
        (float("nan"), 1.0, None),
        (1.0, float("nan"), None),
    ],
)
def test_a_change_is_relative_to_the_loss_before(
    now: float, before: float, text: str | None
) -> None:
    assert words.change(now, before) == text


def read(text: str) -> float:
    """Returns the number that a reader sees in a text."""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    digits, _, power = text.replace(",", "").partition(" × 10")
    return float(digits) * 10.0 ** int((power or "⁰").translate(raised))


@given(st.floats(1e-6, 1e12))
def test_a_loss_reads_as_the_number_it_is(value: float) -> None:
    text = words.loss(value)

    assert isclose(read(text), value, rel_tol=0.05)
    assert len(re.sub(" × 10.*", "", text)) <= 6
    assert read(text) > 0


@given(st.floats(1e-3, 1e5), st.floats(1e-3, 1e5))
def test_a_change_reads_as_after_divided_by_before_less_one(now: float, before: float) -> None:
    text = words.change(now, before)

    assert text is not None
    relative = now / before - 1
    assert isclose(read(text.removesuffix("%")), 100 * relative, rel_tol=0.06, abs_tol=0.51)
    assert text[0] == ("0" if abs(relative) < 0.005 else "-" if now < before else "+")
    assert read(text.removesuffix("%")) > -100, "a loss above 0 is not lower by all of it"


@given(st.floats(0, 1))
def test_a_share_is_none_or_all_only_where_it_is(share: float) -> None:
    shown = read(words.percent(share).removesuffix("%"))

    assert isclose(shown, 100 * share, abs_tol=0.5)
    assert (shown == 0) == (share < 1e-11)
    assert (shown == 100) == (share > 1 - 1e-11)


@given(st.floats(1e-3, 1e9))
def test_a_time_reads_as_the_time_it_is_in_the_unit_that_suits(milliseconds: float) -> None:
    number, _, unit = words.duration(milliseconds).partition(" ")

    in_ms, most = {"µs": (1e-3, 999), "ms": (1, 999), "s": (1e3, 59), "min": (6e4, 1e9)}[unit]
    assert isclose(read(number) * in_ms, milliseconds, rel_tol=0.06)
    assert 0 < read(number) <= most


@pytest.mark.parametrize(("count", "text"), [(0, "0 seeds"), (1, "1 seed"), (1000, "1,000 seeds")])
def test_a_noun_agrees_with_its_number(count: int, text: str) -> None:
    assert words.counted(count, "seed") == text


def test_the_answer_names_the_distance_to_the_first_version() -> None:
    now, first = run([9, 8, 7, 2.86], [256, 0, 0]), run([9, 8, 7, 5.64])

    answer = sentences.answer(now, first, BASELINES)

    assert answer == "**Val loss 2.86**, 49% below v1. 2 of 3 minibatches are empty."


def test_the_answer_says_how_many_times_lower_where_percents_say_little() -> None:
    answer = sentences.answer(run([9, 8, 7, 0.0028]), run([9, 8, 7, 5.6]), BASELINES)

    assert answer == "**Val loss 0.0028**, 1/2,000 of v1's. No minibatch is empty."


def test_the_answer_for_the_first_version_is_measured_by_the_mean() -> None:
    first = run([9, 8, 7, 5.64])

    answer = sentences.answer(first, first, BASELINES)

    assert "worse than always predicting the mean, which reaches 5.00" in answer


def test_a_loss_that_looks_like_that_of_the_mean_is_not_called_worse() -> None:
    answer = sentences.answer(run([9, 8, 7, 5.2341]), None, Baselines(5.2312, 0.0))

    assert answer.startswith("**Val loss 5.23**, like always predicting the mean (5.23).")


def test_the_best_rule_has_an_expected_loss_and_no_bound() -> None:
    line = sentences.baselines_line(Settings(noise=2.0), Baselines(9.0, 3.87, 4.0))

    assert "the best rule's expected loss is 4.00 (on a finite sample" in line
    assert "below" not in line


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([256, 0, 0], "2 of 3 minibatches are empty."),
        ([256, 0], "1 of 2 minibatches is empty."),
        ([256, *[0] * 31] * 3, "31 of every 32 minibatches are empty."),
        ([256, 64], "No minibatch is empty."),
    ],
)
def test_empty_minibatches_are_counted_in_the_run_or_in_each_epoch(
    rows: list[int], told: str
) -> None:
    assert sentences.fed(run([9, 8, 7, 6], rows)) == told


def test_the_answer_says_that_the_first_version_ends_in_nan() -> None:
    answer = sentences.answer(run([9, 8, 7, 0.5]), run([9, 8, np.nan, np.nan]), BASELINES)

    assert "; v1 with these settings ends in NaN." in answer


@pytest.mark.parametrize(
    ("mine", "others", "told"),
    [
        (
            2.0,
            {"v1": 5.6, "keys": 2.005, "beyond": 0.0028},
            "**beyond** is the best of them at 0.0028; this run beats 1 of the other 3.",
        ),
        (
            5.6,
            {"v1": 5.6, "P1": 0.5},
            "**P1** is the best of them at 0.50; this run beats none of the other 2.",
        ),
        (
            2.0,
            {"v1": np.nan, "final": 0.5},
            "**final** is the best of them at 0.50; this run beats 1 of the other 2.",
        ),
        (
            0.4,
            {"v1": 5.6, "final": 0.5, "P1": np.nan},
            "This run is the best of them; next comes **final** at 0.50.",
        ),
        (
            np.nan,
            {"v1": np.nan, "final": 0.5},
            "**final** is the best of them at 0.50; this run ended in NaN.",
        ),
        (1.0, {"v1": np.nan, "final": np.inf}, "Every other run ended in NaN."),
        (np.nan, {"v1": np.nan}, "Every run ended in NaN."),
    ],
)
def test_a_run_is_placed_among_the_others(mine: float, others: dict[str, float], told: str) -> None:
    beside = {label: run([9, 8, 7, end]) for label, end in others.items()}

    assert sentences.standing(run([9, 8, 7, mine]), beside) == told


def test_nan_is_told_with_its_update_and_the_last_finite_loss() -> None:
    answer = sentences.answer(run([9, 8, np.nan, np.nan]), None, BASELINES)

    assert "The train and val losses are NaN from update 2 on." in answer
    assert "The last finite val loss was 8.00." in answer


def test_a_run_without_any_finite_loss_is_nan_from_update_0_on() -> None:
    assert sentences.not_finite(run([np.nan] * 4)).endswith("are NaN from update 0 on.]**")
    assert sentences.not_finite_mark(run([np.nan] * 4)) == "NaN from update 0 on"


def test_an_infinite_loss_is_told_like_nan() -> None:
    exploded = run([9, 8, 7, np.inf])

    assert "are infinite from update 3 on" in sentences.answer(exploded, None, BASELINES)
    assert sentences.not_finite_mark(exploded) == "infinite from update 3 on"


def test_the_mark_names_a_loss_that_is_not_finite_before_the_others() -> None:
    only_train_at_first = replace(run([9, 8, np.nan, np.nan]), train_loss=np.full(4, np.nan))

    assert sentences.not_finite_mark(only_train_at_first) == "train loss NaN from update 0 on"


def test_a_loss_that_recovered_is_told_beside_the_val_loss() -> None:
    answer = sentences.answer(run([9, np.nan, 7, 0.5]), None, BASELINES)

    assert answer.startswith("**Val loss 0.50**. The train and val losses were NaN at times")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_named_after_itself(stage: str) -> None:
    assert words.name(Choice(STAGES[stage])) == stage


def test_a_run_is_named_after_its_fixes_and_what_was_changed() -> None:
    choice = Choice(Fixes(split_keys=True, adamw=True), Settings(seed=7, hidden=(16, 4)))

    assert words.name(choice) == "v1 + split keys + AdamW, seed 7, hidden sizes 16, 4"


def test_no_two_combinations_have_one_name() -> None:
    names_of = list(vars(Fixes()))
    switches = [
        dict(zip(names_of, on, strict=True)) for on in product([False, True], repeat=len(names_of))
    ]

    names = {words.combination(Fixes(**on)) for on in switches}

    assert len(names) == len(switches)
    assert {"v1 + compiled step", "v1 + whole batches", *STAGES} <= names


@pytest.mark.parametrize(
    "other", [Settings(), Settings(seed=7), Settings(noise=0.5), Settings(learning_rate=0.0100001)]
)
def test_runs_that_differ_in_settings_have_different_names_on_one_page(other: Settings) -> None:
    page = Settings(seed=8, learning_rate=0.01000011)
    stage = words.combination(Fixes())

    assert len({stage, words.name(Choice(), page), words.name(Choice(settings=page), page)}) == 3
    if other != Settings():
        assert words.name(Choice(settings=other), page) != words.name(Choice(), page)


def test_the_first_version_with_another_seed_is_named_so() -> None:
    assert words.name(Choice(settings=replace(Settings(), seed=7))) == "v1, seed 7"


def test_rows_are_counted_in_epochs_or_in_empty_steps() -> None:
    assert sentences.rows_in_words(run([9, 8, 7, 6], [256, 0, 0])) == "2 empty minibatches"
    assert sentences.rows_in_words(run([9, 8, 7, 6], batch=8000)) == "3.0 times the training set"
    whole = run([9, 8, 7, 6], [8_000_000] * 3)
    assert sentences.rows_in_words(whole) == "3,000 times the training set"
    assert sentences.rows_in_words(run([9, 8, 7, 6], batch=1)) == "0.04% of the training set"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0.025, "25 µs"), (7.12, "7.1 ms"), (74.0, "74 ms"), (7120.0, "7.1 s"), (90_000.0, "1.5 min")],
)
def test_a_time_has_the_unit_that_suits_it(milliseconds: float, text: str) -> None:
    assert words.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("blood_pressure", "blood_pressure"),
        ("  two \n words ", "two words"),
        ("\x1b[31m\x07 a\u202eb\u2066", "[31m ab"),
        ("x" * 70, "x" * 59 + "…"),
        ("Größe 日本 é", "Größe 日本 é"),
    ],
)
def test_what_a_stranger_wrote_stays_readable(text: str, shown: str) -> None:
    plain = words.plain(text)

    assert plain.replace("\\", "").replace("\N{WORD JOINER}", "") == shown


@pytest.mark.parametrize("text", ["http://a.example", "WWW.a.example", "a@b.example", "a->b--c<-d"])
def test_nothing_is_left_that_turns_into_a_link_or_an_arrow(text: str) -> None:
    plain = words.plain(text).replace("\\", "").casefold()

    assert not any(sign in plain for sign in ("://", "www.", "@b", "->", "--", "<-"))
