"""The command `sweep`, which resumes an interrupted sweep and can be split over machines."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import jax
import numpy as np
from jax.experimental import multihost_utils

from mlp_core.analysis import grid_file
from mlp_core.cli.options import each_once, settings_of
from mlp_core.engine.grid import Grid
from mlp_core.engine.sweeps import all_combinations, sweep_chunks
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.stored import versions
from mlp_core.switches import NUMERIC_SWITCHES, Fixes

_SAVE_EVERY = 10  # wait this many times as long as the last save took


def sweep(parsed: argparse.Namespace) -> None:
    """Runs the sweep and stores the grid; resumes an interrupted sweep of the same runs.

    Raises:
      ValueError: if an option is wrong, or a partial file of another sweep exists.
    """
    seeds, count = parsed.seeds, parsed.processes
    if seeds < count or count < 1:
        raise ValueError(
            "seeds must be at least 1 for each process, and processes at least 1, got "
            f"{seeds} seeds and {count} processes"
        )
    is_alone = count == 1 and parsed.coordinator is None
    if not is_alone and (parsed.coordinator is None or not 0 <= parsed.process_id < count):
        raise ValueError(
            "several processes need --coordinator HOST:PORT and a --process-id in "
            f"0..{count - 1}, got {parsed.coordinator} and {parsed.process_id}"
        )
    combinations = all_combinations(each_once(parsed.switches) or NUMERIC_SWITCHES)
    settings = settings_of(parsed)
    if not is_alone:
        jax.distributed.initialize(parsed.coordinator, count, parsed.process_id)
    _store(settings, tuple(combinations), range(seeds), parsed.out)


@posts_numerics
def _store(
    settings: Settings, combinations: tuple[Fixes, ...], seeds: Sequence[int], out: Path
) -> None:
    """Trains this process's share of the seeds; process 0 writes the grid of all processes."""
    own = tuple(seeds[jax.process_index() :: jax.process_count()])
    partial = out.with_name(f"{out.name}.partial-{jax.process_index()}")
    grid = _resumed(settings, combinations, own, partial)
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
    """Returns the grid, and repeatedly stores the finished part.

    The file grows with each chunk of seeds, so saving is limited to about 1/10 of the time.
    """
    before = _finished(settings, combinations, partial)
    missing = [seed for seed in seeds if before is None or seed not in before.seeds]
    if before is not None and not missing:
        return before.of_seeds(seeds)
    next_save = 0.0
    for chunk in sweep_chunks(settings, combinations, missing):
        grid = chunk if before is None else before.joined(chunk)
        began = perf_counter()
        if began >= next_save:
            grid_file.save(partial, grid)
            next_save = perf_counter() + _SAVE_EVERY * (perf_counter() - began)
        print(f"{len(grid.seeds)} of {len(seeds)} seeds", file=sys.stderr, flush=True)
    return grid.of_seeds(seeds)


def _finished(settings: Settings, combinations: tuple[Fixes, ...], partial: Path) -> Grid | None:
    """Returns the part that an interrupted sweep of the same runs has stored, or None.

    Raises:
      ValueError: if that sweep had other runs or other package versions.
    """
    if not partial.exists():
        return None
    stored = grid_file.load(partial)
    found = (stored.grid.settings, stored.grid.combinations, stored.versions)
    if found != (settings, combinations, versions()):
        raise ValueError(
            f"{partial} holds another sweep that was interrupted: finish that sweep, delete the "
            "file, or choose another --out"
        )
    return stored.grid


def _gathered(own: Grid, seeds: Sequence[int]) -> Grid:
    """Returns the grid of the seeds of all processes, on every process."""
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
