"""What the runs of a grid score: the rule for a failed run, the unit, a combination's row.

The rule: a run whose val loss ends as NaN or infinity (`mlp_core.engine.outcome.failed`) counts as
predicting the mean of that seed's training data. Any other run keeps its loss, even if its loss is
worse than that.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from mlp_core.engine.grid import Grid
from mlp_core.engine.outcome import failed
from mlp_core.switches import SWITCHES, Fixes

Unit = Literal["log10", "plain"]
"""How a drop of the loss is counted: as a factor (a drop of 1 is a tenth of the loss) or as is."""


def failure_rate(grid: Grid) -> np.ndarray:
    """Returns the share of seeds in which each combination's run failed, `[F]`."""
    return np.mean(failed(grid.val_loss), axis=1)


def scored_loss(grid: Grid) -> np.ndarray:
    """Returns the val losses, `[F, S]`; a failed run counts as predicting the mean."""
    loss = np.where(failed(grid.val_loss), grid.predict_mean, grid.val_loss)
    return loss.astype(np.float64)


def levels(grid: Grid, unit: Unit) -> np.ndarray:
    """Returns the scored losses, `[F, S]`, on the scale on which the unit's drops are differences.

    A mean over seeds is therefore the log of the geometric mean for "log10".

    Raises:
      ValueError: if the unit is unknown, or a loss has no logarithm.
    """
    loss = scored_loss(grid)
    if unit == "plain":
        return loss
    if unit != "log10":
        raise ValueError(f"unit must be log10 or plain, got {unit!r}")
    if (loss <= 0).any():
        raise ValueError(f"a loss must be above 0 in log10, got {loss.min()}; use plain")
    return np.log10(loss)


def by_seed(grid: Grid) -> Grid:
    """Returns the grid with its seeds ascending.

    A resample draws columns by their place: in one order of seeds, one interval.
    """
    return grid.of_seeds(tuple(sorted(grid.seeds)))


def row(grid: Grid, fixes: Fixes) -> int:
    """Returns the row of a combination, which the grid must hold exactly once.

    Raises:
      ValueError: if it does not.
    """
    count = grid.combinations.count(fixes)
    if count != 1:
        raise ValueError(f"the grid must hold {named(fixes)} exactly once, got it {count} times")
    return grid.combinations.index(fixes)


def turned_on(base: Fixes, added: tuple[str, ...]) -> Fixes:
    """Returns the combination with more switches on.

    Raises:
      ValueError: if nothing is added, or a switch that is unknown, on already or named twice.
    """
    off = [switch for switch in SWITCHES if not getattr(base, switch)]
    if not added or len(set(added)) < len(added) or not set(added) <= set(off):
        raise ValueError(f"what is added must be of {', '.join(off)}, each once, got {added!r}")
    return replace(base, **dict.fromkeys(added, True))


def named(fixes: Fixes) -> str:
    """Returns the switches that are on, for a message."""
    return " + ".join(s for s in SWITCHES if getattr(fixes, s)) or "the first version"
