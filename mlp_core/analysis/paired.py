"""The effect of one step on each seed: the same seeds before and after some fixes are turned on."""

from dataclasses import dataclass

import numpy as np

from mlp_core.analysis.agreement import agreement
from mlp_core.analysis.intervals import Verdict, interval, seeds_needed, verdict
from mlp_core.analysis.scores import Unit, by_seed, levels, row, turned_on
from mlp_core.engine.grid import Grid
from mlp_core.switches import Fixes


@dataclass(frozen=True)
class Paired:
    """The same S seeds before and after a step. A drop above 0 is an improvement."""

    before: Fixes
    after: Fixes
    seeds: tuple[int, ...]
    """Ascending."""
    drop: np.ndarray
    """`[S]`, the drop of the scored validation loss, in the unit."""
    mean: float
    median: float
    low: float
    """The lower end of the 95% interval of the mean, see `interval`."""
    high: float
    helped: float
    """The share of seeds with a drop above 0; a seed without any change is not counted."""
    verdict: Verdict
    seeds_needed: float
    """The total number of seeds needed for a verdict, see `seeds_needed`."""
    failures_before: int
    """The number of runs before the step that ended in NaN or infinity."""
    failures_after: int


def paired(grid: Grid, base: Fixes, added: tuple[str, ...], unit: Unit = "log10") -> Paired:
    """Returns the effect of turning on all switches in `added` at once, on top of `base`.

    A failed run is scored as predicting the mean (`mlp_core.analysis.scores`). A step that ends in
    NaN therefore counts as a drop where the base was worse than predicting the mean; check
    `failures_after`, too.

    Raises:
      ValueError: if either combination is not in the grid, or `added` is empty or has a switch that
        is unknown, on in `base`, or named twice.
    """
    grid = by_seed(grid)
    after = turned_on(base, added)
    rows = [row(grid, base), row(grid, after)]
    level = levels(grid, unit)[rows]
    drop = level[0] - level[1]
    low, high = map(float, interval(drop))
    found = agreement(grid, base, added)
    return Paired(
        before=base,
        after=after,
        seeds=grid.seeds,
        drop=drop,
        mean=float(np.mean(drop)),
        median=float(np.median(drop)),
        low=low,
        high=high,
        helped=float(np.mean(drop > 0)),
        verdict=verdict(low, high, len(drop)),
        seeds_needed=seeds_needed(drop),
        failures_before=found.failures_before,
        failures_after=found.failures_after,
    )
