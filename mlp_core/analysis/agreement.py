"""How many seeds agree on the effect of fixes: the same seeds without the fixes and with them."""

from dataclasses import dataclass

import numpy as np

from mlp_core.analysis.scores import row, scored_loss, turned_on
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
    factor: np.ndarray
    """`[S]`, the loss after over the loss before, scored as in `mlp_core.analysis.scores`."""

    @property
    def lower(self) -> int:
        """The number of seeds whose scored val loss is lower after."""
        return int(np.sum(self.factor < 1))

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

    `mlp_core.analysis.paired` adds intervals and tests, which need scipy.

    Raises:
      ValueError: if either combination is not in the grid, or a switch cannot be turned on.
    """
    rows = [row(grid, base), row(grid, turned_on(base, added))]
    before, after = np.asarray(grid.val_loss)[rows]
    scored_before, scored_after = scored_loss(grid)[rows]
    return Agreement(grid.seeds, before, after, scored_after / scored_before)
