"""The grids behind the Seeds page: the one that ships, and those computed here behind the page."""

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
"""From so many seeds on there is something to show: an interval needs two."""

LONGEST_SECONDS = 3600.0
"""A sweep that would take longer is not begun: the machine is everybody's."""

_PIECE_SECONDS = 1.0
_KEPT_GRIDS = 12


class Request(NamedTuple):
    """A grid that a reader may ask for, with the seeds 0, 1, ..."""

    settings: Settings
    """Its own seed is left at the default: a grid has many."""
    with_beyond: bool
    num_seeds: int

    @property
    def switches(self) -> tuple[str, ...]:
        """The switches of which it holds every combination."""
        return switches(self.with_beyond)

    @property
    def num_runs(self) -> int:
        """Trainings in all."""
        return self.num_seeds * 2 ** len(self.switches)


class Progress(NamedTuple):
    """How far a sweep is."""

    grid: "Grid"
    """The seeds done so far."""
    seconds_left: float | None
    """None until a chunk was timed that had nothing to compile."""


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    # One sweep takes all cores.
    return Workers(threads=1, keep=_KEPT_GRIDS)


@st.cache_resource(show_spinner=False)
def stored() -> "Stored":
    """Returns the grid that ships. Shared by all sessions: never change it.

    Raises:
      ValueError: if its file cannot be read.
    """
    from mlp_core.analysis import grid_file

    return grid_file.post_grid()


def stored_for(settings: Settings) -> "Grid | None":
    """Returns the grid that ships if it is of these settings, whatever their seed, else None."""
    try:
        grid = stored().grid
    except ValueError:
        return None
    return grid if without_seed(grid.settings) == without_seed(settings) else None


def switches(with_beyond: bool) -> tuple[str, ...]:
    """Returns the numeric switches, those beyond the post only if asked for."""
    return (
        NUMERIC_SWITCHES
        if with_beyond
        else tuple(name for name in NUMERIC_SWITCHES if name not in BEYOND)
    )


def request(settings: Settings, with_beyond: bool, num_seeds: int) -> Request:
    """Returns what to ask for; the seed in the settings does not matter."""
    return Request(without_seed(settings), with_beyond, num_seeds)


def without_seed(settings: Settings) -> Settings:
    """Returns the settings with the default seed: what a grid is of."""
    return replace(settings, seed=Settings().seed)


def begin(wanted: Request) -> None:
    """Lets a sweep begin, go on where it was stopped, or begin anew if it has failed."""
    _workers().begin(wanted, lambda: _swept(wanted))


def job(wanted: Request) -> Job[Progress | None] | None:
    """Returns the sweep of a request if anybody has begun it; it goes on if this session did."""
    return _workers().watched(wanted)


def others(wanted: Request) -> int:
    """Returns how many sweeps take turns with one."""
    sweep = job(wanted)
    return _workers().others(sweep) if sweep else 0


def nearest(wanted: Request) -> Request:
    """Returns the request, or the one beyond the post whose sweep holds all that it asks for."""
    wider = wanted._replace(with_beyond=True)
    found = _workers().find(wider)
    if found is None or found.error is not None or _workers().find(wanted) is not None:
        return wanted
    return wider if found.done or found.running else wanted


def estimated_seconds(wanted: Request) -> float:
    """Returns about how long a sweep takes, by the pace of the last sweep on this server.

    Before the first sweep, the estimate is for two CPU cores and right within a factor of three.
    """
    return _pace().factor * wanted.num_runs * seconds_in_a_sweep(wanted.settings)


@dataclass
class _Pace:
    """The measured time of this server's sweeps, divided by `seconds_in_a_sweep`."""

    factor: float = 1.0


@st.cache_resource(show_spinner=False)
def _pace() -> _Pace:
    return _Pace()


def restricted(grid: "Grid", with_beyond: bool) -> "Grid":
    """Returns the grid, without the combinations beyond the post unless asked for."""
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
    """Yields the grid as it grows, None until its first seeds are done."""
    from mlp_core.engine import sweeps

    combinations = sweeps.all_combinations(wanted.switches)
    first, seconds, began = 0, 0.0, perf_counter()
    progress, seeds = None, range(wanted.num_seeds)
    for grid in sweeps.sweep_pieces(wanted.settings, combinations, seeds, _PIECE_SECONDS):
        if first:
            seconds += perf_counter() - began
        if grid is not None:
            done = len(grid.seeds)
            first = first or done  # the first chunk may have compiled
            each = seconds / (done - first) if done > first else None
            if each is not None:
                runs = seconds_in_a_sweep(wanted.settings) * len(combinations)
                _pace().factor = each / runs
            progress = Progress(grid, None if each is None else each * (wanted.num_seeds - done))
        yield progress
        began = perf_counter()
