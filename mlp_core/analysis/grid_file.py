"""Grids in Parquet files: one row per run, with the settings and the package versions."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mlp_core.engine.grid import Grid
from mlp_core.engine.setup import device_name
from mlp_core.settings import Settings
from mlp_core.stored import FOLDER, read_table, versions, write_table
from mlp_core.switches import SWITCHES, Fixes

POST_GRID = FOLDER / "grid.parquet"


@dataclass(frozen=True)
class Stored:
    """A grid that was read from a file, with the conditions under which it was computed."""

    grid: Grid
    versions: dict[str, str]
    """The versions of Python and of the packages that computed it, name -> version."""
    device: str | None
    """The devices that computed it; None if the file does not contain them."""


def save(path: Path, grid: Grid) -> None:
    """Writes a grid. An existing file is replaced atomically, never read half-written."""
    table = run_table(grid)
    table.attrs = {
        "settings": asdict(grid.settings),
        "versions": versions(),
        "device": device_name(),
    }
    write_table(path, table)


def load(path: Path) -> Stored:
    """Returns the grid in a file.

    Raises:
      ValueError: if the file was not written by `save`.
    """
    try:
        table = read_table(path)
        settings = table.attrs["settings"]
        grid = _grid(table, Settings(**settings | {"hidden": tuple(settings["hidden"])}))
        stored = Stored(grid, table.attrs["versions"], table.attrs.get("device"))
        own = [name for name in SWITCHES if name in table]
        if not own or not run_table(grid)[[*own, "seed"]].equals(table[[*own, "seed"]]):
            raise ValueError("the rows are not in the order of the combinations and seeds")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path.name} must be a grid stored by `python -m mlp_core sweep`"
        ) from error
    return stored


def post_grid() -> Stored:
    """Returns the grid that ships: the post's settings and all combinations of numeric fixes."""
    return load(POST_GRID)


def run_table(grid: Grid) -> pd.DataFrame:
    """Returns one row per run: its switches, its seed, and its losses."""
    num_combinations, num_seeds = grid.val_loss.shape
    switches = pd.DataFrame([asdict(fixes) for fixes in grid.combinations], columns=list(SWITCHES))
    table = switches.loc[switches.index.repeat(num_seeds)].reset_index(drop=True)
    return table.assign(
        seed=np.tile(np.array(grid.seeds, np.int64), num_combinations),
        train_loss=grid.train_loss.ravel(),
        val_loss=grid.val_loss.ravel(),
        predict_mean=np.tile(grid.predict_mean, num_combinations),
    )


def _grid(table: pd.DataFrame, settings: Settings) -> Grid:
    seeds = tuple(int(seed) for seed in table["seed"].unique())
    # A switch that was added after the file was written was off.
    switches = table.iloc[:: len(seeds)].reindex(columns=list(SWITCHES), fill_value=False)
    combinations = tuple(Fixes(*map(bool, row)) for row in switches.to_numpy(bool))
    shape = (len(combinations), len(seeds))
    return Grid(
        settings,
        combinations,
        seeds,
        table["train_loss"].to_numpy().reshape(shape),
        table["val_loss"].to_numpy().reshape(shape),
        table["predict_mean"].to_numpy()[: len(seeds)],
    )
