"""The losses of many runs: every combination of fixes with every seed."""

from dataclasses import dataclass

import numpy as np

from mlp_core.fixes import Fixes
from mlp_core.settings import Settings


@dataclass(frozen=True)
class Grid:
    """Final losses of F combinations of fixes x S seeds. A run that died is NaN."""

    settings: Settings
    """Shared by all runs but for the seed."""
    combinations: tuple[Fixes, ...]
    seeds: tuple[int, ...]
    train_loss: np.ndarray
    """`[F, S]`"""
    val_loss: np.ndarray
    """`[F, S]`"""
    predict_mean: np.ndarray
    """`[S]`, the val loss of predicting the training mean on that seed's data."""
