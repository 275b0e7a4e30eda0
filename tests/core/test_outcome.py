"""The outcome of a run, which training, the evidence, and the command line report alike."""

from dataclasses import replace

import numpy as np
import pytest

from mlp_core import STAGES, Fixes, Settings, train
from mlp_core.cli.main import main
from mlp_core.diagnosis import collect
from mlp_core.engine.outcome import NotFinite, RunOutcome, described, failed, run_outcome

NAN, INF = np.nan, np.inf


def ended(
    batch: list[float], train: list[float], val: list[float], rows: list[int] | None = None
) -> RunOutcome:
    """Returns the outcome of a run that records its losses after 0, 2, 4, ... updates."""
    seen = np.array(rows or [8] * len(batch))
    return run_outcome(
        np.array(batch), seen, 2 * np.arange(len(val)), np.array(train), np.array(val)
    )


def test_a_run_with_finite_losses_has_nothing_to_tell():
    outcome = ended([3, 2, 1, 1], [3, 2, 1], [4, 3, 2])

    assert outcome == RunOutcome(())
    assert (outcome.is_failed, outcome.since, described(outcome)) == (False, None, "")


def test_each_loss_has_the_first_update_of_its_last_stretch():
    outcome = ended([3, NAN, 1, NAN], [3, 2, NAN], [NAN, NAN, NAN])

    assert outcome.not_finite == (
        NotFinite("minibatch", "NaN", 3, recovered=False),
        NotFinite("train", "NaN", 4, recovered=False),
        NotFinite("val", "NaN", 0, recovered=False),
    )
    assert (outcome.is_failed, outcome.since) == (True, 0)
    assert described(outcome) == (
        "The val loss is NaN from update 0 on. The minibatch loss is NaN from update 3 on. "
        "The train loss is NaN from update 4 on."
    )


def test_one_number_says_all_where_the_minibatch_was_first():
    outcome = ended([3, 2, 1, NAN], [3, 2, NAN], [4, 3, NAN])

    assert described(outcome) == "The loss is NaN from update 3 on."


def test_a_loss_that_recovers_is_told_as_one():
    outcome = ended([3, 2, 1, 1], [3, 2, 1], [4, NAN, 2])

    assert outcome.not_finite == (NotFinite("val", "NaN", 2, recovered=True),)
    assert (outcome.is_failed, outcome.since) == (False, None)
    assert described(outcome) == (
        "The val loss was NaN at times, first after update 2, and is finite at the end."
    )


def test_an_empty_minibatch_has_no_loss_to_be_nan():
    assert ended([3, NAN, NAN, 1], [3, 2, 1], [4, 3, 2], rows=[8, 0, 0, 8]) == RunOutcome(())


@pytest.mark.parametrize(
    ("losses", "value"), [([1, INF], "infinite"), ([INF, NAN], "NaN or infinite")]
)
def test_an_infinite_loss_fails_too_and_is_named(losses, value):
    outcome = ended([3, 2], [3, 2], losses)

    assert outcome.is_failed
    assert outcome.not_finite[0].value == value


def test_a_run_that_recorded_nothing_yet_has_not_failed():
    assert ended([], [], []) == RunOutcome(())


def test_of_many_runs_those_fail_that_end_without_a_finite_loss():
    assert failed(np.array([1.0, NAN, INF, 900.0])).tolist() == [False, True, True, False]


def test_training_and_the_evidence_agree_on_how_a_run_ended():
    combinations = (
        Fixes(),
        Fixes(whole_batches=True),
        Fixes(split_keys=True, adamw=True),
        replace(STAGES["final"], norm_init=False),
    )
    runs = [(56, Fixes()), (16, combinations[2])]
    runs += [(seed, fixes) for seed in range(6) for fixes in combinations]
    found = []
    for seed, fixes in runs:
        settings, compiled = Settings(seed=seed), replace(fixes, jit_step=True)
        outcome = train(settings, compiled).outcome
        assert outcome == collect(settings, compiled).losses.outcome, (seed, fixes)
        found.append(outcome)

    assert len(runs) == 26
    assert sum(outcome.is_failed for outcome in found) >= 8
    assert sum(not outcome.not_finite for outcome in found) >= 4
    assert any(each.recovered for outcome in found for each in outcome.not_finite)


@pytest.mark.parametrize(
    ("seed", "stage", "on", "steps"), [(56, "v1", (), 100), (16, "keys", ("adamw",), 300)]
)
def test_the_command_line_says_what_the_evidence_says(seed, stage, on, steps, capsys):
    main(["train", "--seed", str(seed), "--stage", stage, "--steps", str(steps), *_turned_on(on)])

    fixes = replace(STAGES[stage], **dict.fromkeys(on, True))
    evidence = collect(Settings(seed=seed), fixes)
    assert capsys.readouterr().out.splitlines()[-1] == described(evidence.losses.outcome)


def test_a_run_whose_validation_rows_give_nan_for_a_while_has_recovered():
    run = train(Settings(seed=1, batch_size=1), Fixes(whole_batches=True, jit_step=True))

    assert np.isnan(run.val_loss).any()
    assert not run.outcome.is_failed
    assert [(each.loss, each.recovered) for each in run.outcome.not_finite] == [
        ("train", True),
        ("val", True),
    ]


def _turned_on(switches: tuple[str, ...]) -> list[str]:
    return ["--on", *switches] if switches else []
