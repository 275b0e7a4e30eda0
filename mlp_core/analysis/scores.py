"""The scores of the runs in a grid: the rule for a failed run, the unit, and a combination's row.

The rule: a run that ends with a NaN or infinite validation loss (`mlp_core.engine.outcome.failed`)
is scored with the loss of predicting the mean of that seed's training data. Any other run is scored
with its own loss, even if that loss is worse.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from mlp_core.engine.grid import Grid
from mlp_core.engine.outcome import failed
from mlp_core.switches import SWITCHES, Fixes

Unit = Literal["log10", "plain"]
"""The unit of a drop of the loss.

"log10" is the drop of the logarithm (a drop of 1 leaves 1/10 of the loss), "plain" that of the
loss itself.
"""


def failure_rate(grid: Grid) -> np.ndarray:
    """Returns the share of seeds whose run failed, for each combination, `[F]`."""
    return np.mean(failed(grid.val_loss), axis=1)


def scored_loss(grid: Grid) -> np.ndarray:
    """Returns the validation losses, `[F, S]`; a failed run has the loss of predicting the mean."""
    loss = np.where(failed(grid.val_loss), grid.predict_mean, grid.val_loss)
    return loss.astype(np.float64)


def quartiles(grid: Grid) -> np.ndarray:
    """Returns the three quartiles of the scored losses of each combination over seeds, `[3, F]`."""
    return np.quantile(scored_loss(grid), [0.25, 0.5, 0.75], axis=1)


def levels(grid: Grid, unit: Unit) -> np.ndarray:
    """Returns the scored losses, `[F, S]`: their logarithms for "log10", unchanged for "plain".

    For "log10", a mean of these values over seeds is the logarithm of the geometric mean loss.

    Raises:
      ValueError: if the unit is unknown, or a loss is not positive for "log10".
    """
    loss = scored_loss(grid)
    if unit == "plain":
        return loss
    if unit != "log10":
        raise ValueError(f"unit must be log10 or plain, got {unit!r}")
    if (loss <= 0).any():
        raise ValueError(f"losses must be above 0 for log10, got {loss.min()}; use plain")
    return np.log10(loss)


def by_seed(grid: Grid) -> Grid:
    """Returns the grid with its seeds in ascending order.

    A bootstrap resample draws seeds by their position. With the seeds sorted, an interval does not
    depend on their order in the grid.
    """
    return grid.of_seeds(tuple(sorted(grid.seeds)))


def row(grid: Grid, fixes: Fixes) -> int:
    """Returns the row of a combination in the grid.

    Raises:
      ValueError: if the grid does not contain the combination exactly once.
    """
    count = grid.combinations.count(fixes)
    if count != 1:
        raise ValueError(f"the grid must contain {named(fixes)} exactly once, got it {count} times")
    return grid.combinations.index(fixes)


def turned_on(base: Fixes, added: tuple[str, ...]) -> Fixes:
    """Returns the combination with the switches in `added` turned on as well.

    Raises:
      ValueError: if `added` is empty or has a switch that is unknown, on already, or named twice.
    """
    off = [switch for switch in SWITCHES if not getattr(base, switch)]
    if not added or len(set(added)) < len(added) or not set(added) <= set(off):
        raise ValueError(f"added switches must be in {', '.join(off)}, each once, got {added!r}")
    return replace(base, **dict.fromkeys(added, True))


def named(fixes: Fixes) -> str:
    """Returns the names of the switches that are on, for a message."""
    return " + ".join(s for s in SWITCHES if getattr(fixes, s)) or "the first version"
