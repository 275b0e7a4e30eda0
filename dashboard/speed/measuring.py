"""The buttons that start a measurement, and its progress."""

from functools import partial

import streamlit as st

from dashboard.draw import words
from dashboard.work import panel, timings
from mlp_core.timing.figures import Request

POLL_SECONDS = 1.0
"""The interval is long because each redraw disturbs the measurement."""


def show(wanted: Request, label: str) -> None:
    """Draws the button that starts a measurement, or its progress.

    Args:
      label: that of the button.
    """
    job = timings.find(wanted)
    if job is not None and job.running:
        if panel.show(_panel(wanted)):
            st.rerun()  # the measurement has ended since the job was looked up
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"begin_{wanted.what}"):
        st.button(
            label,
            on_click=timings.begin,
            args=(wanted,),
            icon=":material/timer:",
            type="tertiary" if timings.result(wanted) else "secondary",
            key=f"measure_{wanted.what}",
        )
        if job is not None and not job.done:
            st.caption("Stopped before it was done.", width="content")
    if job is not None and job.error is not None:
        st.error(f"The measurement failed: {words.reason(job.error)}.", icon=":material/error:")


def _panel(wanted: Request) -> panel.Panel:
    def told() -> tuple[float, str]:
        job = timings.find(wanted)
        if job is None or not job.running:
            st.rerun()
        latest, ahead = job.latest, timings.ahead(job)
        text = words.waiting(ahead) if ahead else latest.text if latest else "Starting"
        return latest.share if latest else 0.0, text

    return panel.Panel(
        wanted.what,
        lambda: [timings.find(wanted)],
        partial(timings.begin, wanted),
        told,
        "The measurement failed",
        poll_seconds=POLL_SECONDS,
    )
