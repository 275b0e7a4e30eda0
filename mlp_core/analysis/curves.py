"""The loss curves of every combination with the post's settings, stored in a file.

An app can draw them before JAX is imported and before anything is compiled.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mlp_core.settings import Settings
from mlp_core.stored import FOLDER, read_table, write_table
from mlp_core.switches import NUMERIC_SWITCHES, Fixes

POST_CURVES = FOLDER / "curves.parquet"


class Curves(NamedTuple):
    """The recorded losses of a run: the fields of `training.Run` that its curves need."""

    updates: np.ndarray
    """`[R]`, the numbers of updates after which the losses were recorded."""
    train_loss: np.ndarray
    """`[R]`, over all training rows."""
    val_loss: np.ndarray
    """`[R]`, over all validation rows."""


def post_curves(fixes: Fixes, path: Path | None = None) -> Curves:
    """Returns the stored curves of a combination; `jit_step` is ignored, as it changes no loss.

    Args:
      path: a file written by `save`; None for the one that ships.

    Raises:
      ValueError: if the file was not written by `save`.
    """
    path = path or POST_CURVES
    try:
        table = read_table(path)
        own = [getattr(fixes, name) for name in NUMERIC_SWITCHES]
        # A switch that was added after the file was written was off.
        switches = table.reindex(columns=list(NUMERIC_SWITCHES), fill_value=False)
        table = table[(switches == own).all(axis="columns")]
        return Curves(*(table[name].to_numpy() for name in Curves._fields))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} must be made by `python -m mlp_core curves`") from error


def save(path: Path, settings: Settings = Settings()) -> None:  # noqa: B008 it is immutable
    """Trains every combination of the numeric switches and writes the recorded losses."""
    from mlp_core.engine.sweeps import all_combinations
    from mlp_core.engine.training import train

    tables = []
    for fixes in all_combinations(NUMERIC_SWITCHES, Fixes(jit_step=True)):
        run = train(settings, fixes)
        table = pd.DataFrame({name: getattr(run, name) for name in Curves._fields})
        tables.append(table.assign(**{name: getattr(fixes, name) for name in NUMERIC_SWITCHES}))
    write_table(path, pd.concat(tables))
