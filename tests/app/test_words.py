"""The sentences a reader sees, from runs made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from dashboard import words
from dashboard.choice import Choice
from mlp_core import STAGES, Fixes, Settings
from mlp_core.data import Baselines
from mlp_core.training import Run

BASELINES = Baselines(predict_mean=5.0, least_squares=0.0)


def run(val_loss: list[float], rows: list[int] | None = None, batch: int = 256) -> Run:
    """Returns a run of three updates, recorded after each."""
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
        (2.86, 5.64, "-49 %"),
        (5.64, 2.86, "+97 %"),
        (5.64, 0.0028, "+2,014 times"),
        (1.0, 1.001, "0 %"),
        (float("nan"), 1.0, None),
        (1.0, float("nan"), None),
    ],
)
def test_a_change_is_a_percentage_or_a_factor(now: float, before: float, text: str | None) -> None:
    assert words.change(now, before) == text


def test_the_answer_names_the_distance_to_the_first_version() -> None:
    now, first = run([9, 8, 7, 2.86], [256, 0, 0]), run([9, 8, 7, 5.64])

    answer = words.answer(now, first, BASELINES)

    assert answer == "**Val loss 2.86**, 49 % below v1. 2 of 3 steps saw no data."


def test_the_answer_says_how_many_times_lower_where_percents_say_little() -> None:
    answer = words.answer(run([9, 8, 7, 0.0028]), run([9, 8, 7, 5.6]), BASELINES)

    assert answer == "**Val loss 0.0028**, 2,000 times lower than v1. Every step saw data."


def test_the_answer_for_the_first_version_is_measured_by_the_mean() -> None:
    first = run([9, 8, 7, 5.64])

    answer = words.answer(first, first, BASELINES)

    assert "worse than always predicting the mean, which reaches 5.00" in answer


def test_the_answer_says_that_the_first_version_dies() -> None:
    answer = words.answer(run([9, 8, 7, 0.5]), run([9, 8, np.nan, np.nan]), BASELINES)

    assert "where v1 with these settings dies" in answer


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
            "**final** is the best of them at 0.50; this run died.",
        ),
        (1.0, {"v1": np.nan, "final": np.inf}, "All the others died; this run lives."),
        (np.nan, {"v1": np.nan}, "All runs died."),
    ],
)
def test_a_run_is_placed_among_the_others(mine: float, others: dict[str, float], told: str) -> None:
    beside = {label: run([9, 8, 7, end]) for label, end in others.items()}

    assert words.standing(run([9, 8, 7, mine]), beside) == told


def test_a_death_is_told_with_its_update_and_the_last_loss() -> None:
    answer = words.answer(run([9, 8, np.nan, np.nan]), None, BASELINES)

    assert "died at update 2" in answer
    assert "The last val loss seen was 8.00" in answer


def test_a_run_dead_from_the_start_has_no_update_of_death() -> None:
    assert "dead from the start" in words.death(run([np.nan] * 4))
    assert words.death_mark(run([np.nan] * 4)) == "dead from the start"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_named_after_itself(stage: str) -> None:
    assert words.name(Choice(STAGES[stage])) == stage


def test_a_run_is_named_after_its_fixes_and_what_was_changed() -> None:
    choice = Choice(Fixes(split_keys=True, adamw=True), Settings(seed=7, hidden=(16, 4)))

    assert words.name(choice) == "keys + AdamW, seed 7, hidden sizes 16, 4"


def test_the_first_version_with_another_seed_is_named_so() -> None:
    assert words.name(Choice(settings=replace(Settings(), seed=7))) == "v1, seed 7"


def test_rows_are_counted_in_epochs_or_in_empty_steps() -> None:
    assert words.rows_in_words(run([9, 8, 7, 6], [256, 0, 0])) == "2 of 3 steps empty"
    assert words.rows_in_words(run([9, 8, 7, 6], batch=8000)) == "3.0 times the training set"


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
