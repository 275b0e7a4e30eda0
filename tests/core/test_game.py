"""The cases of the Detective are the same everywhere, fair, and graded by difficulty."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import chain, pairwise, product

import numpy as np
import pytest

from mlp_core import Settings
from mlp_core.analysis import grid_file
from mlp_core.diagnosis import collect, probing
from mlp_core.diagnosis.checks.learning import MANY_OPERATIONS, STRAIGHT
from mlp_core.diagnosis.checks.network import BLIND, gains_and_biases, is_constant, scale_response
from mlp_core.diagnosis.checks.rows_and_keys import reuses
from mlp_core.game import (
    BASE,
    COSTS,
    HIDING,
    LEVELS,
    MOST_CASES,
    POINTS,
    SEEDS,
    case,
    hypotheses,
    is_solved,
    outcome,
    points_left,
    score,
    verdicts,
)
from mlp_core.switches import STAGED, SWITCHES

CASES_EACH = 40

# Classes use links to these cases.
PINNED = {
    ("easy", 1): (("whole_batches",), 1),
    ("easy", 17): (("whole_batches",), 19),
    ("medium", 1): (("norm_init", "adamw"), 1),
    ("medium", 17): (("norm_epsilon", "jit_step"), 19),
    ("hard", 1): (("split_keys", "norm_epsilon", "jit_step"), 1),
    ("hard", 9999): (("split_keys", "norm_init", "whole_batches"), 31),
}


@pytest.fixture(scope="module")
def gathered():
    """Returns a function that collects evidence; parts that no seed changes are collected once."""
    patch, known = pytest.MonkeyPatch(), {}

    def once(function, *switches):
        def found(settings, fixes):
            key = (function, settings.shape, *(getattr(fixes, name) for name in switches))
            if key not in known:
                known[key] = function(settings, fixes)
            return known[key]

        return found

    patch.setattr(probing, "compiled_shapes", once(probing.compiled_shapes, "whole_batches"))
    patch.setattr(probing, "operations", once(probing.operations, "jit_step", "adamw"))
    yield lambda case, **changes: collect(replace(case.settings, **changes), case.fixes)
    patch.undo()


def told(evidence):
    """Returns the bugs that the probes show, judged as coarsely as a reader would."""
    probes, (gains, _) = evidence.probes, gains_and_biases(evidence)
    alignment = evidence.steps.alignment
    has_loss, has_gradient = np.isfinite([probes.zero_variance_loss, probes.zero_variance_gradient])
    signs = {
        "split_keys": bool(reuses(evidence.draws)),
        "norm_epsilon": not has_loss,
        "norm_init": np.ptp(gains) > 0,
        "whole_batches": any(0 in shape for shape in evidence.rows.shapes),
        "jit_step": probes.operations >= MANY_OPERATIONS,
        "adamw": np.isfinite(alignment).any() and np.nanmedian(alignment) > STRAIGHT,
        "epsilon_in_root": has_loss and not has_gradient,
        "bias_before_norm": not is_constant(probes) and scale_response(probes) <= BLIND,
    }
    assert signs["whole_batches"] == (evidence.rows.seen == 0).any()
    return {bug for bug, is_shown in signs.items() if is_shown}


def numbered(level):
    return [case(level, number) for number in range(1, CASES_EACH + 1)]


@pytest.mark.parametrize(("at", "expected"), PINNED.items())
def test_a_case_that_was_linked_to_stays_what_it_is(at, expected):
    assert (case(*at).bugs, case(*at).seed) == expected


def test_another_process_draws_the_same_case():
    program = "from mlp_core.game import case; print(case('hard', 17))"
    environment = {"PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )

    assert done.stdout == f"{case('hard', 17)}\n"


def test_what_is_free_in_a_level_has_a_price_in_another():
    assert all(set(level.free) <= set(COSTS) for level in LEVELS.values())


@pytest.mark.parametrize("level", LEVELS.values(), ids=list(LEVELS))
def test_every_suspect_is_a_bug_about_as_often_as_its_sets_are(level):
    drawn = [case(level.name, number).bugs for number in range(1, 2001)]

    sets = hypotheses(level, level.bugs)
    share = {name: np.mean([name in chosen for chosen in sets]) for name in level.suspects}
    seen = Counter(chain(*drawn))
    assert set(drawn) == set(sets)
    for name in level.suspects:
        spread = np.sqrt(share[name] * (1 - share[name]) / len(drawn))
        assert abs(seen[name] / len(drawn) - share[name]) < 4 * spread


@pytest.mark.parametrize("level", LEVELS)
def test_a_case_has_its_levels_bugs_and_every_other_fix(level):
    for now in numbered(level):
        off = {name for name in STAGED if not getattr(now.fixes, name)}

        assert off == set(now.bugs) <= set(now.level.suspects)
        assert len(now.bugs) == now.level.bugs
        assert not any(hiding <= off for hiding in HIDING)
        assert now.settings == Settings(seed=now.seed)
        assert now.seed in SEEDS
    assert len({now.seed for now in numbered(level)}) == CASES_EACH


def test_a_level_is_harder_than_the_one_before_it():
    levels = list(LEVELS.values())

    for easier, harder in pairwise(levels):
        assert easier.bugs < harder.bugs
        assert set(easier.suspects) < set(harder.suspects)
        assert set(easier.free) > set(harder.free)
    assert levels[-1].suspects == tuple(name for name in SWITCHES if getattr(BASE, name))


@pytest.mark.parametrize(
    ("level", "number", "message"),
    [
        ("xyz", 1, "level must be one of easy, medium, hard, got 'xyz'"),
        ("easy", 0, "number must be in 1..9999, got 0"),
        ("easy", MOST_CASES + 1, "number must be in 1..9999, got 10000"),
    ],
)
def test_there_is_no_other_case(level, number, message):
    with pytest.raises(ValueError, match=message):
        case(level, number)


@pytest.mark.parametrize("level", LEVELS)
def test_the_probes_tell_every_case_from_every_other_set_of_bugs(level, gathered):
    """Uses the first updates of the run; bugs that only its end shows have a separate test."""
    late = {"bias_before_norm"}
    for now in numbered(level):
        shown = told(gathered(now, steps=2))

        assert shown - late == set(now.bugs) - late, now


@pytest.mark.parametrize(
    ("level", "number"), [("easy", 5), ("medium", 9), ("medium", 10), ("hard", 5)]
)
def test_the_end_of_a_run_tells_whether_it_sees_the_length_of_its_input(level, number, gathered):
    now = case(level, number)

    assert told(gathered(now)) == set(now.bugs)


@pytest.fixture(scope="module")
def ends():
    """Returns a function from bugs to the validation losses `[S]` of all stored seeds, each divided
    by the loss of predicting the mean."""
    grid = grid_file.post_grid().grid
    assert grid.seeds[: max(SEEDS) + 1] == tuple(range(max(SEEDS) + 1))
    place = {fixes: row for row, fixes in enumerate(grid.combinations)}
    without_jit = replace(BASE, jit_step=grid.combinations[0].jit_step)

    def of(bugs):
        off = dict.fromkeys(set(bugs) - {"jit_step"}, False)
        return grid.val_loss[place[replace(without_jit, **off)]] / grid.predict_mean

    return of


ALL_SETS = [bugs for size in (1, 2, 3) for bugs in hypotheses(LEVELS["hard"], size)]


def test_no_bug_is_together_with_one_that_could_hide_it(ends):
    for bugs in ALL_SETS:
        end = ends(bugs)[list(SEEDS)]
        if "bias_before_norm" in bugs:
            assert (end < 0.3).all(), bugs  # the run has learned, so its predictions differ
        if "adamw" in bugs:
            assert np.isfinite(end).all(), bugs  # its updates are finite, so they have a direction


def test_a_run_that_ends_at_a_constant_is_recognized_by_its_predictions(gathered):
    probes = gathered(case("easy", 5)).probes
    one_value = np.full_like(probes.scaled, 0.3)

    assert not is_constant(probes)
    assert is_constant(replace(probes, scaled=one_value))
    assert is_constant(replace(probes, scaled=one_value + 1e-5 * probes.scaled))
    assert not is_constant(replace(probes, scaled=np.full_like(one_value, np.nan)))


def test_the_next_seed_keeps_the_bugs_and_comes_round_to_the_first():
    now = case("hard", 9999)
    others = [now]
    for _ in SEEDS:
        others.append(others[-1].with_next_seed())

    assert {other.bugs for other in others} == {now.bugs}
    assert sorted(other.seed for other in others[1:]) == sorted(SEEDS)
    assert others[-1] == now


def some(level):
    """A case of a level, its bugs, and the suspects that are not bugs."""
    now = case(level, 1)
    return now, now.bugs, [name for name in now.level.suspects if name not in now.bugs]


@pytest.mark.parametrize("level", LEVELS)
def test_a_case_is_solved_by_its_bugs_and_nothing_else(level):
    now, bugs, innocents = some(level)

    assert is_solved(now, bugs[::-1])
    assert not is_solved(now, bugs[1:])
    assert not is_solved(now, [*bugs, innocents[0]])


@pytest.mark.parametrize("level", LEVELS)
def test_finding_no_bug_earns_nothing_and_finding_all_earns_all_points_left(level):
    now, bugs, innocents = some(level)

    assert score(now, (), spent=0) == 0
    assert score(now, innocents[:1], spent=0) == 0
    assert score(now, bugs, spent=0) == POINTS == 100
    assert score(now, bugs, spent=35) == 65
    assert score(now, bugs, spent=105) == 0


@pytest.mark.parametrize("level", LEVELS)
def test_accusing_every_suspect_earns_nothing(level):
    now, bugs, innocents = some(level)

    assert score(now, [*bugs, *innocents], spent=0) == 0


@pytest.mark.parametrize(
    ("level", "found", "wrong", "spent", "points"),
    [
        ("easy", 1, 1, 0, 75),
        ("medium", 1, 0, 0, 50),
        ("medium", 1, 1, 0, 25),
        ("medium", 2, 1, 20, 55),
        ("hard", 1, 0, 0, 33),
        ("hard", 2, 0, 10, 60),
        ("hard", 2, 1, 10, 35),
    ],
)
def test_a_share_of_the_bugs_earns_its_share_and_each_innocent_costs_25(
    level, found, wrong, spent, points
):
    now, bugs, innocents = some(level)

    assert score(now, [*bugs[:found], *innocents[:wrong]], spent) == points


@pytest.mark.parametrize("level", LEVELS)
def test_points_never_rise_with_a_probe_a_missed_bug_or_an_innocent(level):
    now, bugs, innocents = some(level)

    def made(spent, found, wrong):
        return score(now, [*bugs[:found], *innocents[:wrong]], spent)

    for spent, found, wrong in product(range(0, 130, 5), range(len(bugs)), range(len(innocents))):
        assert made(spent + 5, found, wrong) <= made(spent, found, wrong)
        assert made(spent, found, wrong) <= made(spent, found + 1, wrong)
        assert made(spent, found, wrong + 1) <= made(spent, found, wrong)


def test_probes_take_their_cost_from_the_points_down_to_0():
    assert [points_left(spent) for spent in (0, 35, 105)] == [100, 65, 0]


@pytest.mark.parametrize(
    ("is_bug", "is_accused", "expected"),
    [
        (True, True, "right"),
        (True, False, "missed"),
        (False, True, "innocent"),
        (False, False, "cleared"),
    ],
)
def test_an_accusation_is_graded(is_bug, is_accused, expected):
    assert outcome(is_bug, is_accused) == expected


def test_a_bugs_verdict_has_its_symptom_and_an_innocents_has_none(gathered):
    now = case("medium", 9)

    found = {verdict.switch: verdict for verdict in verdicts(now, {"adamw"}, gathered(now))}

    assert {name: verdict.outcome for name, verdict in found.items()} == {
        name: {"adamw": "right", "whole_batches": "missed"}.get(name, "cleared")
        for name in now.level.suspects
    }
    assert found["whole_batches"].symptom.name == "empty_batches"
    assert found["adamw"].symptom.name == "plain_descent"
    assert found["split_keys"].symptom is None
