"""One step of the lattice, seed by seed: what some fixes do on top of given ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlp_core.certainty import Effect, judged, seeds_needed
from mlp_core.fixes import Fixes
from mlp_core.grid import Grid
from mlp_core.scores import Unit, by_seed, levels, row, turned_on


@dataclass(frozen=True)
class Paired:
    """The same seeds before and after a step. A drop above 0 means that the step helps."""

    before: Fixes
    after: Fixes
    seeds: tuple[int, ...]
    """Ascending."""
    drop: np.ndarray
    """`[S]`, of the scored val loss, in the unit."""
    effect: Effect
    """The mean of `drop`."""
    seeds_needed: float
    """In all, see `mlp_core.certainty.seeds_needed`."""
    failures_before: int
    """Of the S runs, how many died."""
    failures_after: int


def paired(grid: Grid, base: Fixes, added: tuple[str, ...], unit: Unit = "log10") -> Paired:
    """Returns the effect of turning on `added`, all at once, on top of `base`.

    A dead run counts as predicting the mean (`mlp_core.scores`), so a step that ends in NaN where
    the base was worse than that still counts as a drop: read `failures_after` beside it.

    Raises:
      ValueError: if either combination is not in the grid, or a switch cannot be turned on.
    """
    return paired_steps(grid, ((base, added),), unit)[0]


def paired_steps(
    grid: Grid, steps: Sequence[tuple[Fixes, tuple[str, ...]]], unit: Unit = "log10"
) -> tuple[Paired, ...]:
    """Returns what `paired` does for several steps, their verdicts corrected for their number.

    Args:
      steps: for each step its base and what it adds.
    """
    grid = by_seed(grid)
    pairs = [(base, turned_on(base, added)) for base, added in steps]
    rows = np.array([[row(grid, fixes) for fixes in pair] for pair in pairs])
    level = levels(grid, unit)[rows]
    drops = level[:, 0] - level[:, 1]
    failures = np.sum(~np.isfinite(grid.val_loss[rows]), axis=2)
    return tuple(
        Paired(before, after, grid.seeds, drop, effect, seeds_needed(drop), int(died), int(dies))
        for (before, after), drop, effect, (died, dies) in zip(
            pairs, drops, judged(drops), failures, strict=True
        )
    )
