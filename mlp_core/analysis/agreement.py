"""How many seeds agree on what a fix does: the same seeds without it and with it."""

from dataclasses import dataclass

import numpy as np

from mlp_core.analysis.scores import row, turned_on
from mlp_core.engine.grid import Grid
from mlp_core.engine.outcome import failed
from mlp_core.switches import Fixes


@dataclass(frozen=True)
class Agreement:
    """The val losses of a grid's seeds before and after some fixes are turned on."""

    seeds: tuple[int, ...]
    before: np.ndarray
    """`[S]`, NaN or infinite where the run failed."""
    after: np.ndarray
    """`[S]`, likewise."""

    @property
    def lower(self) -> int:
        """The number of seeds whose val loss is lower after; a failed run is never lower."""
        with np.errstate(invalid="ignore"):
            is_lower = self.after < self.before
        return int(np.sum(~failed(self.after) & (is_lower | failed(self.before))))

    @property
    def failures_before(self) -> int:
        """The number of runs that ended in NaN or infinity before."""
        return int(np.sum(failed(self.before)))

    @property
    def failures_after(self) -> int:
        """The number of runs that ended in NaN or infinity after."""
        return int(np.sum(failed(self.after)))


def agreement(grid: Grid, base: Fixes, added: tuple[str, ...]) -> Agreement:
    """Returns each seed's val loss with `base`, and with the switches `added` turned on as well.

    Raises:
      ValueError: if either combination is not in the grid, or a switch cannot be turned on.
    """
    rows = row(grid, base), row(grid, turned_on(base, added))
    before, after = (np.asarray(grid.val_loss[place]) for place in rows)
    return Agreement(grid.seeds, before, after)
