"""The panel for background work: a start button, the progress with Stop, Resume, or the error."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NamedTuple

import streamlit as st

from dashboard.draw import words
from dashboard.work import pace
from dashboard.work.jobs import Job

POLL_SECONDS = 0.3


class Panel(NamedTuple):
    """Background work, as shown to a reader."""

    name: str
    """The suffix of the keys of its buttons, after `begin_`, `stop_`, `go_on_`, and `again_`."""
    look: Callable[[], Sequence[Job[Any] | None]]
    """Returns its jobs, and resumes those that this session wants. None: not yet started."""
    begin: Callable[[], None]
    """Starts the work, resumes it, or restarts a failed part."""
    told: Callable[[], tuple[float, str]]
    """Returns the share that is done, from 0 to 1, and the text of the progress bar."""
    failed: str
    """The beginning of the error message. The reason follows."""
    others: Callable[[], int] = lambda: 0
    """Returns the number of other jobs that share the server with this work."""
    poll_seconds: float = POLL_SECONDS


def show(panel: Panel, offer: str | None = None, patience: float = 0.0) -> bool:
    """Returns True if the work is done. Otherwise draws the panel and returns False.

    Args:
      offer: the label of the button that starts the work; None if it starts automatically.
      patience: how many seconds to wait for the work before the panel is drawn.
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
    """Draws an error message, and a button that restarts the work.

    Args:
      what: the beginning of the message.
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
                "Resume",
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
