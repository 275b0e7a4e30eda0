"""A step from some fixes to more, on seeds with known differences."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp_core import Fixes
from mlp_core.analysis.paired import paired
from tests.core.grids import fixes_of, grid_of, random_grid, reordered

OFF, ADAMW = frozenset(), frozenset({"adamw"})


def step_grid(drop, **details):
    """A grid in which AdamW lowers each seed's loss of 4 by these amounts."""
    drop = np.asarray(drop, float)
    return grid_of({OFF: np.full(len(drop), 4.0), ADAMW: 4.0 - drop}, **details)


def test_the_numbers_of_a_step_are_those_of_the_seeds_differences():
    step = paired(step_grid([0.5, -0.5, 1.0, 0.0, 2.0, 3.0]), Fixes(), ("adamw",), "plain")

    assert step.drop.tolist() == [0.5, -0.5, 1.0, 0.0, 2.0, 3.0]
    assert (step.mean, step.median, step.helped) == (1.0, 0.75, pytest.approx(4 / 6))
    assert (step.before, step.after) == (Fixes(), Fixes(adamw=True))


def test_a_drop_in_log10_is_that_of_each_seeds_own_factor():
    grid = grid_of({OFF: [1.0, 50.0], ADAMW: [10.0, 0.05]})

    step = paired(grid, Fixes(), ("adamw",))

    np.testing.assert_allclose(step.drop, [-1.0, 3.0])
    assert step.mean == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("mean", "expected"), [(0.5, "helps"), (-0.5, "hurts"), (0.0, "no clear effect")]
)
def test_the_verdict_is_right_on_many_seeds(mean, expected):
    noise = np.random.default_rng(0).normal(size=64)
    grid = step_grid(mean + noise - noise.mean())

    step = paired(grid, Fixes(), ("adamw",), "plain")

    assert step.verdict == expected
    assert step.low < mean < step.high
    assert step.high - step.low == pytest.approx(4 * noise.std(ddof=1) / 8, rel=0.1)


def test_pairing_finds_what_the_spread_between_seeds_hides():
    start = np.random.default_rng(0).uniform(1, 9, 16)
    grid = grid_of({OFF: start, ADAMW: start - 0.01 * (1 + start / 9)})

    assert paired(grid, Fixes(), ("adamw",), "plain").verdict == "helps"


def test_too_few_seeds_are_told_how_many_it_takes():
    grid = step_grid([0.9, -0.5, 1.3, 0.1])

    step = paired(grid, Fixes(), ("adamw",), "plain")

    assert step.verdict == "no clear effect"
    assert step.seeds_needed == 28  # (2.8016 x 0.8062 / 0.45)^2 + 1.9207 = 27.1, rounded up


def test_five_seeds_that_agree_are_no_verdict_and_six_are():
    verdicts = [
        paired(step_grid([1.0] * num_seeds), Fixes(), ("adamw",), "plain").verdict
        for num_seeds in (5, 6)
    ]

    assert verdicts == ["no clear effect", "helps"]


def test_failures_are_counted_and_score_as_predicting_the_mean():
    grid = grid_of(
        {OFF: [math.nan, math.nan, 80.0, 2.0], ADAMW: [1.0, math.nan, math.nan, math.inf]},
        predict_mean=[4.0, 5.0, 6.0, 7.0],
    )

    step = paired(grid, Fixes(), ("adamw",), "plain")

    assert step.drop.tolist() == [3.0, 0.0, 74.0, -5.0]
    assert (step.failures_before, step.failures_after) == (2, 3)
    assert step.helped == 0.5


def test_a_step_may_add_several_fixes_on_top_of_a_base():
    base = fixes_of({"split_keys", "jit_step"})
    grid = grid_of({OFF: [4.0], frozenset({"adamw", "norm_init"}): [1.0]}, base=base)

    step = paired(grid, base, ("norm_init", "adamw"), "plain")

    assert step.drop.tolist() == [3.0]
    assert step.after == fixes_of({"split_keys", "norm_init", "jit_step", "adamw"})


@settings(max_examples=30)
@given(st.permutations(range(8)), st.permutations(range(12)))
def test_the_order_of_seeds_and_combinations_changes_no_digit(rows, columns):
    grid = random_grid(("split_keys", "norm_init", "adamw"), num_seeds=12)

    one = asdict(paired(grid, Fixes(), ("adamw", "norm_init")))
    other = asdict(paired(reordered(grid, rows, columns), Fixes(), ("adamw", "norm_init")))

    assert one.pop("drop").tolist() == other.pop("drop").tolist()
    assert one == other


def test_one_seed_tells_nothing():
    step = paired(step_grid([2.0]), Fixes(), ("adamw",), "plain")

    assert (step.mean, step.median, step.helped, step.verdict) == (2.0, 2.0, 1.0, "no clear effect")
    assert math.isnan(step.low)
    assert math.isnan(step.high)
    assert math.isnan(step.seeds_needed)


@pytest.mark.parametrize(
    ("drop", "expected", "needed"),
    [(1.0, "helps", 6), (-1.0, "hurts", 6), (0.0, "no clear effect", math.inf)],
)
def test_a_step_that_does_the_same_to_every_seed_has_no_spread(drop, expected, needed):
    step = paired(step_grid([drop] * 10), Fixes(), ("adamw",), "plain")

    assert (step.low, step.mean, step.high) == (drop, drop, drop)
    assert (step.verdict, step.seeds_needed) == (expected, needed)


def test_a_step_out_of_the_grid_is_refused():
    grid = step_grid([1.0, 2.0])

    with pytest.raises(ValueError, match=r"contain norm_init \+ adamw exactly once"):
        paired(grid, Fixes(adamw=True), ("norm_init",))
    with pytest.raises(ValueError, match="added switches must be in"):
        paired(grid, Fixes(adamw=True), ("adamw",))
