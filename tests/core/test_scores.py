"""The loss that represents failed runs, and the scale of a drop."""

import math

import numpy as np
import pytest

from mlp_core import Fixes
from mlp_core.analysis.scores import by_seed, failure_rate, levels, row, scored_loss, turned_on
from tests.core.grids import fixes_of, grid_of

OFF, ADAMW = frozenset(), frozenset({"adamw"})


def test_a_failed_run_counts_as_predicting_its_own_seeds_mean():
    losses = {OFF: [math.nan, 2.0, math.inf], ADAMW: [1.0, math.nan, -math.inf]}
    grid = grid_of(losses, predict_mean=[4.0, 5.0, 6.0])

    scored = scored_loss(grid)

    np.testing.assert_array_equal(scored, [[4.0, 2.0, 6.0], [1.0, 5.0, 6.0]])


def test_a_finite_run_keeps_its_loss_even_if_predicting_the_mean_is_better():
    grid = grid_of({OFF: [80.0], ADAMW: [math.nan]}, predict_mean=5.0)

    assert scored_loss(grid).tolist() == [[80.0], [5.0]]


def test_the_failure_rate_counts_failed_runs_and_no_others():
    grid = grid_of({OFF: [math.nan, 2.0, math.inf, 900.0], ADAMW: [1.0, 1.0, 1.0, math.nan]})

    assert failure_rate(grid).tolist() == [0.5, 0.25]


def test_a_level_in_log10_falls_by_1_where_the_loss_falls_to_a_tenth():
    grid = grid_of({OFF: [5.0, 0.2], ADAMW: [0.5, 0.02]})

    before, after = levels(grid, "log10")

    np.testing.assert_allclose(before - after, [1, 1])
    np.testing.assert_array_equal(levels(grid, "plain"), grid.val_loss)


def test_losses_stored_in_half_the_bits_are_compared_in_full():
    grid = grid_of({OFF: [3.0], ADAMW: [1.0]})
    for name in ("val_loss", "predict_mean"):
        object.__setattr__(grid, name, getattr(grid, name).astype(np.float32))

    assert levels(grid, "log10").dtype == np.float64
    np.testing.assert_allclose(levels(grid, "log10")[0], np.log10(3.0), rtol=1e-15)


def test_a_loss_without_a_logarithm_is_refused_in_log10_only():
    grid = grid_of({OFF: [1.0], ADAMW: [0.0]})

    with pytest.raises(ValueError, match=r"must be above 0 for log10, got 0\.0"):
        levels(grid, "log10")
    assert levels(grid, "plain")[1] == 0


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="unit must be log10 or plain, got 'percent'"):
        levels(grid_of({OFF: [1.0]}), "percent")


def test_sorting_by_seed_moves_whole_columns():
    grid = grid_of({OFF: [3.0, 1.0, 2.0]}, seeds=(30, 10, 20), predict_mean=[33.0, 11.0, 22.0])

    ordered = by_seed(grid)

    assert ordered.seeds == (10, 20, 30)
    assert ordered.val_loss.tolist() == [[1.0, 2.0, 3.0]]
    assert ordered.train_loss.tolist() == [[101.0, 102.0, 103.0]]
    assert ordered.predict_mean.tolist() == [11.0, 22.0, 33.0]


def test_a_combination_is_found_only_if_the_grid_holds_it_once():
    grid = grid_of({OFF: [1.0], ADAMW: [2.0]})
    doubled = grid_of({OFF: [1.0], ADAMW: [2.0]})
    object.__setattr__(doubled, "combinations", (Fixes(), Fixes()))

    assert row(grid, fixes_of(ADAMW)) == 1
    with pytest.raises(ValueError, match=r"split_keys \+ adamw exactly once, got it 0 times"):
        row(grid, fixes_of({"adamw", "split_keys"}))
    with pytest.raises(ValueError, match="contain the first version exactly once, got it 2 times"):
        row(doubled, Fixes())


def test_turning_on_leaves_the_other_switches_alone():
    after = turned_on(fixes_of({"jit_step"}), ("adamw", "norm_init"))

    assert after == Fixes(jit_step=True, adamw=True, norm_init=True)


@pytest.mark.parametrize(
    "added", [(), ("split_keys",), ("adamw", "adamw"), ("momentum",), ("adamw", "split_keys")]
)
def test_only_a_switch_that_is_off_can_be_turned_on_and_once(added):
    with pytest.raises(ValueError, match="added switches must be in norm_epsilon, norm_init"):
        turned_on(fixes_of({"split_keys"}), added)
