"""The result of a sweep: the final losses of many runs."""

from dataclasses import dataclass, replace

import numpy as np

from mlp_core.settings import Settings
from mlp_core.switches import Fixes


@dataclass(frozen=True)
class Grid:
    """Final losses of F combinations of fixes x S seeds; NaN where a run ended in NaN."""

    settings: Settings
    """Shared by all runs, except for the seed."""
    combinations: tuple[Fixes, ...]
    seeds: tuple[int, ...]
    train_loss: np.ndarray
    """`[F, S]`"""
    val_loss: np.ndarray
    """`[F, S]`"""
    predict_mean: np.ndarray
    """`[S]`, the validation loss of predicting the training mean on each seed's data."""

    def joined(self, later: "Grid") -> "Grid":
        """Returns this grid with the seeds of another grid appended."""
        return replace(
            self,
            seeds=self.seeds + later.seeds,
            train_loss=np.concatenate([self.train_loss, later.train_loss], axis=1),
            val_loss=np.concatenate([self.val_loss, later.val_loss], axis=1),
            predict_mean=np.concatenate([self.predict_mean, later.predict_mean]),
        )

    def of_seeds(self, seeds: tuple[int, ...]) -> "Grid":
        """Returns the grid restricted to these seeds, in this order.

        Raises:
          ValueError: if one of the seeds is not in the grid.
        """
        columns = [self.seeds.index(seed) for seed in seeds]
        return replace(
            self,
            seeds=seeds,
            train_loss=self.train_loss[:, columns],
            val_loss=self.val_loss[:, columns],
            predict_mean=self.predict_mean[columns],
        )
