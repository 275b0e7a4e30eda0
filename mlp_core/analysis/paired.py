"""What one step does, seed by seed: the same seeds before and after some fixes are turned on."""

from dataclasses import dataclass

import numpy as np

from mlp_core.analysis.intervals import Verdict, interval, seeds_needed, verdict
from mlp_core.analysis.scores import Unit, by_seed, levels, row, turned_on
from mlp_core.engine.grid import Grid
from mlp_core.engine.outcome import failed
from mlp_core.switches import Fixes


@dataclass(frozen=True)
class Paired:
    """The same seeds before and after a step. A drop above 0 means that the step helps."""

    before: Fixes
    after: Fixes
    seeds: tuple[int, ...]
    """Ascending."""
    drop: np.ndarray
    """`[S]`, of the scored val loss, in the unit."""
    mean: float
    median: float
    low: float
    """With `high` the 95 % interval of the mean, see `interval`."""
    high: float
    helped: float
    """The share of seeds with a drop above 0; one that changes nothing is not helped."""
    verdict: Verdict
    seeds_needed: float
    """In all, see `seeds_needed`."""
    failures_before: int
    """Of the S runs, how many ended in NaN or infinity."""
    failures_after: int


def paired(grid: Grid, base: Fixes, added: tuple[str, ...], unit: Unit = "log10") -> Paired:
    """Returns the effect of turning on `added`, all at once, on top of `base`.

    A failed run counts as predicting the mean (`mlp_core.analysis.scores`), so a step that ends in
    NaN where the base was worse than that still counts as a drop: read `failures_after` beside it.

    Raises:
      ValueError: if either combination is not in the grid, or a switch cannot be turned on.
    """
    grid = by_seed(grid)
    after = turned_on(base, added)
    rows = [row(grid, base), row(grid, after)]
    level = levels(grid, unit)[rows]
    drop = level[0] - level[1]
    low, high = map(float, interval(drop))
    failures = np.sum(failed(grid.val_loss[rows]), axis=1)
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
        failures_before=int(failures[0]),
        failures_after=int(failures[1]),
    )
