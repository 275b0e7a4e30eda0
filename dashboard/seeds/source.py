"""Which grid the Seeds page shows, and the panel that computes one here."""

from functools import partial
from typing import NamedTuple

import streamlit as st

from dashboard.seeds import sentences
from dashboard.shell import url
from dashboard.work import grids, pace, progress
from dashboard.work.grids import Request
from mlp_core import Settings
from mlp_core.engine.outcome import Grid

SOURCE_KEY, SEEDS_KEY = "grid", "seeds"
STORED, HERE = url.options(SOURCE_KEY)
POLL_SECONDS = 0.5
_PARTS = 8  # a growing grid is drawn so often


class Source(NamedTuple):
    """A grid to show, and what made it."""

    grid: Grid
    versions: dict[str, str] | None
    """None for a grid computed here."""


def control() -> None:
    """Draws the choice between the grid that ships and one computed here."""
    st.segmented_control(
        "Grid",
        url.options(SOURCE_KEY),
        required=True,
        key=SOURCE_KEY,
        label_visibility="collapsed",
    )


def show(settings: Settings, with_beyond: bool) -> Source | None:
    """Draws what there is to say about the grid, and returns it; None if there is none yet."""
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
        st.info(f"The stored grid was made without {sentences.names(newer)}.")
        _offer_own(settings, "Compute one here")
        return None
    if grids.without_seed(settings) != stored.grid.settings:
        with st.container(horizontal=True, vertical_alignment="center", key="other_settings"):
            yours = sentences.settings(settings)
            st.info(f"This grid has the post's settings. Yours are {yours}.")
            _offer_own(settings, "Compute it for mine")
    return Source(grids.restricted(stored.grid, with_beyond), stored.versions)


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
            key=SEEDS_KEY,
            width=130,
        )
        wanted = grids.nearest(grids.request(settings, with_beyond, num_seeds))
        job = grids.job(wanted)
        running, latest = job.look() if job else (False, None)
        shown = grids.restricted(latest.grid, with_beyond) if latest else None
        done = len(shown.seeds) if shown else 0
        if running:
            pace.live(_draw_progress, POLL_SECONDS)(wanted, done)
        else:
            _draw_start(wanted, done)
    if shown is None or done < grids.DRAWABLE_SEEDS:
        if job is None:
            st.info(
                "Nothing is computed for these settings yet. Press **Compute** above; the time it "
                "takes stands on it. Or go back to the **stored grid**.",
                icon=":material/grid_on:",
            )
        return None
    return Source(shown, None)


def _draw_start(wanted: Request, done: int) -> None:
    """Draws the button that begins, or goes on; or what became of the sweep."""
    job = grids.job(wanted)
    if job is not None and job.error is not None:
        again = partial(grids.begin_again, wanted)
        progress.draw_failed(
            "This grid could not be computed", job.error, again, key="compute_here"
        )
        return
    if done == wanted.num_seeds:
        st.caption(f"All {done} seeds are computed.")
        return
    seconds = grids.estimated_seconds(wanted) * (1 - done / wanted.num_seeds)
    if seconds > grids.LONGEST_SECONDS:
        st.warning(
            f"This would take {sentences.about(seconds)}, longer than the "
            "server lends to one reader. Take fewer seeds, or smaller settings."
        )
        return
    runs = wanted.num_runs - done * (wanted.num_runs // wanted.num_seeds)
    label = "Go on with" if done else "Compute"
    st.button(
        f"{label} {runs:,} runs ({sentences.about(seconds)})",
        on_click=grids.begin,
        args=(wanted,),
        icon=":material/play_arrow:",
        key="compute_here",
    )
    if done:
        st.caption(f"Stopped after {done} of {wanted.num_seeds} seeds.")


def _draw_progress(wanted: Request, drawn: int) -> None:
    """Draws how far the sweep is, and the whole page again when there is more to see.

    Args:
      drawn: how many seeds the page shows already.
    """
    job = grids.job(wanted)
    if job is None or not job.running:
        st.rerun()
    latest = job.latest
    done = len(latest.grid.seeds) if latest else 0
    first_look = drawn < grids.DRAWABLE_SEEDS <= done
    if first_look or done - drawn >= max(1, wanted.num_seeds // _PARTS):
        st.rerun()
    left = latest.seconds_left if latest else None
    text = sentences.progress(done, wanted.num_seeds, left)
    progress.draw(done / wanted.num_seeds, text, job.stop, "sweep", grids.others(wanted))
