"""Counting the seeds that agree on what a fix does."""

import numpy as np
import pytest

from mlp_core import Fixes, Settings
from mlp_core.analysis.agreement import agreement
from mlp_core.engine.grid import Grid

NAN, INF = float("nan"), float("inf")


def grid(before: list[float], after: list[float]) -> Grid:
    """Returns a grid of v1 and AdamW alone."""
    losses = np.array([before, after], np.float32)
    seeds = tuple(range(len(before)))
    combinations = Fixes(), Fixes(adamw=True)
    return Grid(Settings(), combinations, seeds, losses, losses, np.full(len(before), 5.0))


def test_a_lower_loss_counts_and_a_failed_run_never_does() -> None:
    found = agreement(grid([2, 2, NAN, 2, NAN], [1, 3, 1, NAN, INF]), Fixes(), ("adamw",))

    assert found.lower == 2
    assert (found.failures_before, found.failures_after) == (2, 2)


def test_a_combination_that_the_grid_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly once"):
        agreement(grid([2.0], [1.0]), Fixes(), ("split_keys",))
