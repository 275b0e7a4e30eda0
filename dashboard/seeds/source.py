"""The grid that the Seeds page shows: the stored one, or one computed on this server."""

from functools import partial
from typing import NamedTuple

import streamlit as st

from dashboard.seeds import sentences
from dashboard.shell import grammar, one_of
from dashboard.work import grids, panel
from dashboard.work.grids import Request
from mlp_core import Settings
from mlp_core.engine import setup
from mlp_core.engine.grid import Grid

SOURCE_KEY, SEEDS_KEY = "grid", "seeds"
STORED, HERE = grammar.options(SOURCE_KEY)
POLL_SECONDS = 0.5
_PARTS = 8  # how often the page is redrawn while a grid grows


class Source(NamedTuple):
    """A grid to show, and how it was computed, as text."""

    grid: Grid
    made: str


def control() -> None:
    """Draws the choice between the stored grid and one computed here."""
    one_of.choose("Grid", grammar.options(SOURCE_KEY), SOURCE_KEY)


def show(settings: Settings, with_beyond: bool) -> Source | None:
    """Draws messages about the grid. Returns the grid, or None if there is none yet."""
    from mlp_core.analysis.effects import varied_switches as varied

    if st.session_state[SOURCE_KEY] == HERE:
        return _computed(settings, with_beyond)
    try:
        stored = grids.stored()
    except ValueError as error:
        st.error(f"The stored grid cannot be read: {error}.", icon=":material/error:")
        _offer_own(settings, "Compute one here")
        return None
    newer = [name for name in grids.switches(with_beyond) if name not in varied(stored.grid)]
    if newer:
        st.info(f"The stored grid was computed without {sentences.names(newer)}.")
        _offer_own(settings, "Compute one here")
        return None
    if grids.without_seed(settings) != stored.grid.settings:
        with st.container(horizontal=True, vertical_alignment="center", key="other_settings"):
            yours = sentences.settings(settings)
            st.info(f"This grid uses the post's settings. Yours are {yours}.")
            _offer_own(settings, "Compute it for my settings")
    return Source(grids.restricted(stored.grid, with_beyond), sentences.made_before(stored))


def _offer_own(settings: Settings, label: str) -> None:
    st.button(label, on_click=_take_own, icon=":material/calculate:", key="take_own")


def _take_own() -> None:
    st.session_state[SOURCE_KEY] = HERE


def _computed(settings: Settings, with_beyond: bool) -> Source | None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="compute"):
        num_seeds = st.number_input(
            "Seeds",
            grids.FEWEST_SEEDS,
            grids.MOST_SEEDS,
            st.session_state[SEEDS_KEY],
            key=SEEDS_KEY,
            persist_state="session",
            width=130,
        )
        wanted = grids.nearest(grids.request(settings, with_beyond, num_seeds))
        job = grids.job(wanted)
        latest = job.look()[1] if job else None
        shown = grids.restricted(latest.grid, with_beyond) if latest else None
        done = len(shown.seeds) if shown else 0
        if job is not None and not job.done:
            if panel.show(_panel(wanted, done)):
                st.rerun()  # the sweep has ended since the job was looked up
        else:
            _draw_start(wanted, done)
    if shown is None or done < grids.DRAWABLE_SEEDS:
        if job is None:
            st.info(
                "Nothing is computed for these settings yet. Press **Compute** above, which shows "
                "the estimated time, or return to the **stored grid**.",
                icon=":material/grid_on:",
            )
        return None
    return Source(shown, sentences.made_here(setup.device_name()))


def _draw_start(wanted: Request, done: int) -> None:
    """Draws the button that starts the sweep, its progress, or why it cannot start."""
    seconds = grids.estimated_seconds(wanted)
    # A server that was busy during the last sweep must not refuse this one.
    least = min(seconds, grids.usual_seconds(wanted))
    if done == wanted.num_seeds:
        st.caption(f"All {done} seeds are computed.")
    elif grids.job(wanted) is None and least > grids.LONGEST_SECONDS:
        st.warning(
            f"This would take {sentences.about(least)}, which is longer than the server allows. "
            "Choose fewer seeds or smaller settings."
        )
    else:
        label = f"Compute {wanted.num_runs:,} runs ({sentences.about(seconds)})"
        panel.show(_panel(wanted, done), None if grids.job(wanted) else label)


def _panel(wanted: Request, drawn: int) -> panel.Panel:
    """Returns the panel of the sweep, which redraws the whole page as more seeds are done.

    Args:
      drawn: the number of seeds that the page already shows.
    """

    def told() -> tuple[float, str]:
        job = grids.job(wanted)
        latest = job.latest if job else None
        done = len(latest.grid.seeds) if latest else 0
        first_look = drawn < grids.DRAWABLE_SEEDS <= done
        if first_look or done - drawn >= max(1, wanted.num_seeds // _PARTS):
            st.rerun()
        left = latest.seconds_left if latest else None
        return done / wanted.num_seeds, sentences.progress(done, wanted.num_seeds, left)

    return panel.Panel(
        "sweep",
        lambda: [grids.job(wanted)],
        partial(grids.begin, wanted),
        told,
        "This grid could not be computed",
        partial(grids.others, wanted),
        POLL_SECONDS,
    )
