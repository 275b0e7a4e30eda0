"""How a page shows work behind it: an offer, the progress with Stop, Go on, or what failed."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NamedTuple

import streamlit as st

from dashboard.draw import words
from dashboard.work import pace
from dashboard.work.jobs import Job


class Panel(NamedTuple):
    """Work behind a page, as a reader meets it."""

    name: str
    """Ends the keys of its buttons, after `begin_`, `stop_`, `go_on_`, and `again_`."""
    look: Callable[[], Sequence[Job[Any] | None]]
    """Returns its jobs, which go on if this session wants them; None for one that has not begun."""
    begin: Callable[[], None]
    """Begins it, lets it go on where it was stopped, or begins a failed part anew."""
    told: Callable[[], tuple[float, str]]
    """Returns the share that is done, from 0 to 1, and a sentence for the progress bar."""
    failed: str
    """What to say if it fails; the reason follows."""
    others: Callable[[], int] = lambda: 0
    """Returns how many others take turns with it."""
    poll_seconds: float = 0.3


def show(panel: Panel, offer: str | None = None, patience: float = 0.0) -> bool:
    """Returns True once the work is done; until then False, and draws how far it is.

    Args:
      offer: the label of a button that begins the work; None if it begins without being asked.
      patience: for how many seconds the page waits before it draws anything.
    """
    if offer is not None:
        st.button(
            offer, on_click=panel.begin, icon=":material/play_arrow:", key=f"begin_{panel.name}"
        )
        return False
    jobs, deadline = _jobs(panel), monotonic() + patience
    for job in jobs:
        pace.wait(job, max(0.0, deadline - monotonic()))
    errors = [job.error for job in jobs if job.error is not None]
    if errors:
        draw_failed(panel.failed, errors[0], panel.begin, key=f"again_{panel.name}")
        return False
    if all(job.succeeded for job in jobs):
        return True
    pace.live(_draw_progress, panel.poll_seconds)(panel)
    return False


def draw_failed(what: str, error: Exception, again: Callable[[], None], key: str) -> None:
    """Draws what failed and why, and the button that begins it anew.

    Args:
      what: the beginning of the sentence.
    """
    st.error(f"{what}: {words.reason(error)}.", icon=":material/error:")
    st.button("Try again", on_click=again, key=key)


def _draw_progress(panel: Panel) -> None:
    jobs = _jobs(panel)
    running = any(job.running for job in jobs)
    if not running and all(job.done for job in jobs):
        st.rerun()
    share, text = panel.told()
    with st.container(horizontal=True, vertical_alignment="center"):
        if running:
            st.progress(share, text + words.in_turn(panel.others()))
            st.button(
                "Stop",
                on_click=_stop,
                args=(jobs,),
                icon=":material/stop:",
                key=f"stop_{panel.name}",
            )
        else:
            st.progress(share, f"Stopped at {share:.0%}.")
            st.button(
                "Go on",
                on_click=panel.begin,
                icon=":material/play_arrow:",
                key=f"go_on_{panel.name}",
            )


def _jobs(panel: Panel) -> list[Job[Any]]:
    return [job for job in panel.look() if job is not None]


def _stop(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        if job.running:
            job.stop()
