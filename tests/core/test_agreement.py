"""Counting the seeds that agree on the effect of a fix."""

import numpy as np
import pytest

from mlp_core import Fixes, Settings
from mlp_core.analysis.agreement import agreement
from mlp_core.analysis.grid_file import post_grid
from mlp_core.analysis.paired import paired
from mlp_core.engine.grid import Grid

NAN, INF = float("nan"), float("inf")


def grid(before: list[float], after: list[float]) -> Grid:
    """Returns a grid of v1 and AdamW alone, where predicting the mean reaches 5."""
    losses = np.array([before, after], np.float32)
    seeds = tuple(range(len(before)))
    combinations = Fixes(), Fixes(adamw=True)
    return Grid(Settings(), combinations, seeds, losses, losses, np.full(len(before), 5.0))


def test_a_failed_run_counts_as_predicting_the_mean() -> None:
    found = agreement(grid([2, 2, NAN, 2, 9, NAN], [1, 3, 1, NAN, INF, INF]), Fixes(), ("adamw",))

    assert found.lower == 3  # 2 -> 1, NaN -> 1, and 9 -> infinite
    assert (found.failures_before, found.failures_after) == (2, 3)
    np.testing.assert_allclose(found.factor, [0.5, 1.5, 0.2, 2.5, 5 / 9, 1], rtol=1e-6)


@pytest.mark.parametrize("switch", ["whole_batches", "norm_init"])
def test_the_paired_step_of_the_stored_grid_finds_the_same(switch: str) -> None:
    stored = post_grid().grid

    found, pair = agreement(stored, Fixes(), (switch,)), paired(stored, Fixes(), (switch,))

    assert found.lower == round(pair.helped * len(pair.seeds))
    assert (found.failures_before, found.failures_after) == (
        pair.failures_before,
        pair.failures_after,
    )
    np.testing.assert_allclose(found.factor, 10**-pair.drop, rtol=1e-6)


def test_a_combination_that_the_grid_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly once"):
        agreement(grid([2.0], [1.0]), Fixes(), ("split_keys",))
