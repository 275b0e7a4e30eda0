"""The grids of the Seeds page: the stored one, and those computed in the background."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from dashboard.switches import BEYOND
from dashboard.work.jobs import Job
from dashboard.work.pool import Workers
from mlp_core import Settings
from mlp_core.engine.stretches import seconds_in_a_sweep
from mlp_core.switches import NUMERIC_SWITCHES

if TYPE_CHECKING:
    from mlp_core.analysis.grid_file import Stored
    from mlp_core.engine.grid import Grid

FEWEST_SEEDS, MOST_SEEDS, DEFAULT_SEEDS = 4, 256, 16
DRAWABLE_SEEDS = 2
"""The least number of seeds that the page can show, because an interval needs two."""

LONGEST_SECONDS = 3600.0
"""A longer sweep cannot be started, because all readers share the server."""

_PIECE_SECONDS = 1.0
_KEPT_GRIDS = 12


class Request(NamedTuple):
    """A grid that a reader can request, with the seeds 0, 1, ..."""

    settings: Settings
    """The settings of all runs. Their own seed is the default and not used."""
    with_beyond: bool
    num_seeds: int

    @property
    def switches(self) -> tuple[str, ...]:
        """The switches whose combinations the grid contains."""
        return switches(self.with_beyond)

    @property
    def num_runs(self) -> int:
        """The total number of runs."""
        return self.num_seeds * 2 ** len(self.switches)


class Progress(NamedTuple):
    """The progress of a sweep."""

    grid: "Grid"
    """The grid with the seeds that are done."""
    seconds_left: float | None
    """None until a chunk without compilation was timed."""


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    # One sweep uses all cores.
    return Workers(threads=1, keep=_KEPT_GRIDS)


@st.cache_resource(show_spinner=False)
def stored() -> "Stored":
    """Returns the stored grid, which all sessions share. Do not modify it.

    Raises:
      ValueError: if its file cannot be read.
    """
    from mlp_core.analysis import grid_file

    return grid_file.post_grid()


def stored_for(settings: Settings) -> "Grid | None":
    """Returns the stored grid if it has these settings, apart from the seed. Otherwise None."""
    try:
        grid = stored().grid
    except ValueError:
        return None
    return grid if without_seed(grid.settings) == without_seed(settings) else None


def switches(with_beyond: bool) -> tuple[str, ...]:
    """Returns the switches that change a loss, with or without those beyond the post."""
    return (
        NUMERIC_SWITCHES
        if with_beyond
        else tuple(name for name in NUMERIC_SWITCHES if name not in BEYOND)
    )


def request(settings: Settings, with_beyond: bool, num_seeds: int) -> Request:
    """Returns a request for a grid. The seed in the settings is ignored."""
    return Request(without_seed(settings), with_beyond, num_seeds)


def without_seed(settings: Settings) -> Settings:
    """Returns the settings with the default seed, which identify a grid."""
    return replace(settings, seed=Settings().seed)


def begin(wanted: Request) -> None:
    """Starts a sweep, resumes a stopped one, or restarts a failed one."""
    _workers().begin(wanted, lambda: _swept(wanted))


def job(wanted: Request) -> Job[Progress | None] | None:
    """Returns the sweep of a request if it exists. Resumes it if this session started it."""
    return _workers().watched(wanted)


def others(wanted: Request) -> int:
    """Returns the number of other sweeps that share the server with a sweep."""
    sweep = job(wanted)
    return _workers().others(sweep) if sweep else 0


def nearest(wanted: Request) -> Request:
    """Returns the request, or the one that includes fixes beyond the post if its sweep exists."""
    wider = wanted._replace(with_beyond=True)
    found = _workers().find(wider)
    if found is None or found.error is not None or _workers().find(wanted) is not None:
        return wanted
    return wider if found.done or found.running else wanted


def usual_seconds(wanted: Request) -> float:
    """Returns the time of a sweep on two CPU cores.

    Accurate to a factor of three, but up to 20 times too long for networks of a few units.
    """
    return wanted.num_runs * seconds_in_a_sweep(wanted.settings)


def estimated_seconds(wanted: Request) -> float:
    """Returns the estimated time of a sweep, from the speed of the last sweep on this server."""
    return _pace().factor * usual_seconds(wanted)


@dataclass
class _Pace:
    """The measured time of this server's sweeps, divided by `seconds_in_a_sweep`."""

    factor: float = 1.0


@st.cache_resource(show_spinner=False)
def _pace() -> _Pace:
    return _Pace()


def restricted(grid: "Grid", with_beyond: bool) -> "Grid":
    """Returns the grid with or without the combinations that go beyond the post."""
    if with_beyond:
        return grid
    rows = [
        row
        for row, fixes in enumerate(grid.combinations)
        if not any(getattr(fixes, name) for name in BEYOND)
    ]
    return replace(
        grid,
        combinations=tuple(grid.combinations[row] for row in rows),
        train_loss=grid.train_loss[rows],
        val_loss=grid.val_loss[rows],
    )


def _swept(wanted: Request) -> Generator[Progress | None, None, None]:
    """Yields the grid as it grows, or None until its first seeds are done."""
    from mlp_core.engine import sweeps

    combinations = sweeps.all_combinations(wanted.switches)
    first, seconds, began = 0, 0.0, perf_counter()
    progress, seeds = None, range(wanted.num_seeds)
    for grid in sweeps.sweep_pieces(wanted.settings, combinations, seeds, _PIECE_SECONDS):
        if first:
            seconds += perf_counter() - began
        if grid is not None:
            done = len(grid.seeds)
            first = first or done  # the time of the first chunk may include compilation
            each = seconds / (done - first) if done > first else None
            if each is not None:
                runs = seconds_in_a_sweep(wanted.settings) * len(combinations)
                _pace().factor = each / runs
            progress = Progress(grid, None if each is None else each * (wanted.num_seeds - done))
        yield progress
        began = perf_counter()
