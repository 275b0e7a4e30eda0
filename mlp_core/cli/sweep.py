"""A sweep from the command line: resumed where it was interrupted, split over machines."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jax.experimental import multihost_utils

from mlp_core.analysis import grid_file
from mlp_core.engine.grid import Grid
from mlp_core.engine.sweeps import sweep_chunks
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes


class Processes(NamedTuple):
    """The processes that share a sweep, and which one this is."""

    coordinator: str
    number: int
    this: int


@posts_numerics
def run(
    settings: Settings,
    combinations: Sequence[Fixes],
    seeds: Sequence[int],
    out: Path,
    processes: Processes | None = None,
) -> None:
    """Sweeps and stores the grid in `out`; what an interrupted sweep had finished is kept.

    With `processes` each of them trains its share of the seeds, and the first one writes.

    Raises:
      ValueError: if an interrupted sweep of other runs is in the way.
    """
    if processes is not None:
        jax.distributed.initialize(processes.coordinator, processes.number, processes.this)
    own = tuple(seeds[jax.process_index() :: jax.process_count()])
    partial = out.with_name(f"{out.name}.partial-{jax.process_index()}")
    grid = _resumed(settings, tuple(combinations), own, partial)
    if jax.process_count() > 1:
        grid = _gathered(grid, seeds)
    if jax.process_index() == 0:
        grid_file.save(out, grid)
    multihost_utils.sync_global_devices("stored")
    partial.unlink(missing_ok=True)
    if jax.process_index() == 0:
        print(f"{out}: {len(combinations)} combinations x {len(seeds)} seeds")


def _resumed(
    settings: Settings, combinations: tuple[Fixes, ...], seeds: tuple[int, ...], partial: Path
) -> Grid:
    """Returns the grid, storing what is finished after each chunk."""
    before = _finished(settings, combinations, partial)
    missing = [seed for seed in seeds if before is None or seed not in before.seeds]
    if before is not None and not missing:
        return before.of_seeds(seeds)
    for chunk in sweep_chunks(settings, combinations, missing):
        grid = chunk if before is None else before.joined(chunk)
        grid_file.save(partial, grid)
        print(f"{len(grid.seeds)} of {len(seeds)} seeds", file=sys.stderr, flush=True)
    return grid.of_seeds(seeds)


def _finished(settings: Settings, combinations: tuple[Fixes, ...], partial: Path) -> Grid | None:
    """Returns what an interrupted sweep of the very same runs had stored.

    Raises:
      ValueError: if it was a sweep of other runs, or with other versions of the programs.
    """
    if not partial.exists():
        return None
    stored = grid_file.load(partial)
    found = (stored.grid.settings, stored.grid.combinations, stored.versions)
    if found != (settings, combinations, grid_file.versions()):
        raise ValueError(
            f"{partial} holds another sweep, interrupted: finish it, delete it or choose another "
            "--out"
        )
    return stored.grid


def _gathered(own: Grid, seeds: Sequence[int]) -> Grid:
    """Returns the grid of all processes' seeds, on every process."""
    share = -(-len(seeds) // jax.process_count())
    columns = np.vstack([own.seeds, own.train_loss, own.val_loss, own.predict_mean])
    room = np.full((len(columns), share - len(own.seeds)), np.nan)
    everything = np.hstack(multihost_utils.process_allgather(np.hstack([columns, room])))
    found, first = np.unique(everything[0], return_index=True)
    place = dict(zip(found.tolist(), first.tolist(), strict=True))
    ordered = everything[:, [place[seed] for seed in seeds]]
    losses = ordered[1:-1].astype(np.float32)
    half = len(own.combinations)
    return Grid(
        own.settings, own.combinations, tuple(seeds), losses[:half], losses[half:], ordered[-1]
    )
