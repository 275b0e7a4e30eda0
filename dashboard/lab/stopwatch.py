"""The metric for the time of 1,000 steps, and a line about the measurement."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.lab import sentences
from dashboard.work import pace, timings

POLL_SECONDS = 0.3
LATER_SECONDS = 3.0
"""The interval at which a timing is polled that waits until there are fewer readers."""

_LABEL = "Time for 1,000 steps"
_HELP = (
    "Measured on the server of this app, without compilation. With 4 off, the loss and its "
    "gradient are compiled, and Python updates the parameters. With 4 on, the whole step is "
    "compiled and called from Python, as in the post's last version. The curves come from this "
    "app's engine, which compiles the whole loop. The Speed page measures the same forms."
)


def show(choice: Choice, metric: DeltaGenerator, ready: bool) -> None:
    """Draws the metric and the line, and keeps them up to date until the timing ends.

    Args:
      metric: the container of the metric.
      ready: False while any run on the page is trained, because a timing would disturb it.
    """
    line = st.container(horizontal=True, vertical_alignment="center", key="timing")
    if not ready:
        pace.live(_draw_later, None)(metric, line)
        return
    job = timings.job(choice)
    running = job is not None and job.running
    waits = job is None and not timings.ON_REQUEST
    seconds = LATER_SECONDS if waits else POLL_SECONDS if running else None
    pace.live(_draw_part, seconds)(choice, metric, line, running)


def _draw_later(metric: DeltaGenerator, line: DeltaGenerator) -> None:
    metric.metric(_LABEL, "–", delta_description="after training", help=_HELP)
    line.caption("The time is measured once the run is trained.")


def _draw_part(choice: Choice, metric: DeltaGenerator, line: DeltaGenerator, running: bool) -> None:
    """Draws the timing; reruns the page when a timing begins or ends."""
    job = timings.job(choice)
    if running != (job is not None and job.running):
        st.rerun()
    _draw(choice, metric, line)


def _draw(choice: Choice, metric: DeltaGenerator, line: DeltaGenerator) -> None:
    job = timings.job(choice)
    if job is None:
        _draw_unmeasured(choice, metric, line)
        return
    running, latest = job.look()
    points = latest.measurement.points if latest else ()
    step_ms = {point.form: point.each.median for point in points}
    mine = step_ms.get(timings.form(choice))
    if mine is None:
        metric.metric(_LABEL, "–", delta_description="starting" if running else None, help=_HELP)
    else:
        each, total = words.duration(mine), words.duration(1000 * mine)
        metric.metric(_LABEL, total, delta_description=f"{each} per step", help=_HELP)
    if running:
        ahead = timings.ahead(job)
        line.caption(words.waiting(ahead) if ahead else f"{latest.text if latest else 'Starting'}.")
        line.button(
            "Stop", on_click=job.stop, icon=":material/stop:", type="tertiary", key="stop_timing"
        )
    elif job.error is not None:
        line.caption(f"It could not be timed: {words.reason(job.error)}.")
        _draw_again("Try again", choice, line)
    else:
        until = "" if job.done else " Stopped before it was done."
        line.caption(f"{sentences.step_times(step_ms) if step_ms else ''}{until}".strip())
        if not job.done:
            _draw_again("Measure again", choice, line)


def _draw_unmeasured(choice: Choice, metric: DeltaGenerator, line: DeltaGenerator) -> None:
    if timings.ON_REQUEST:
        metric.metric(_LABEL, "–", delta_description="not measured", help=_HELP)
        line.caption("No steps with these switches have been timed yet.")
        _draw_again("Measure", choice, line)
    else:
        metric.metric(_LABEL, "–", delta_description="later", help=_HELP)
        line.caption("Many readers are here. The steps are timed when fewer are.")


def _draw_again(label: str, choice: Choice, line: DeltaGenerator) -> None:
    line.button(
        label,
        on_click=timings.measure_again,
        args=(choice,),
        icon=":material/timer:",
        type="tertiary",
        key="measure_again",
    )
