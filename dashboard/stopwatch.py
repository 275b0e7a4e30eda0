"""The metric for the time of 1000 steps and a line about it, live while it is measured."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import pace, timings, words
from dashboard.choice import Choice

POLL_SECONDS = 0.3
LATER_SECONDS = 3.0
"""How often a timing is looked at that waits for other readers to leave."""

_LABEL = "Time for 1,000 steps"
_HELP = (
    "Measured on the server that runs this app while you read, without compiling. With 4 off, loss "
    "and gradient are compiled and Python updates the parameters. With 4 on, the whole step is "
    "compiled and called from Python, as in the post's last version. The curves come from this "
    "app's engine, which compiles the whole loop. Speed measures the same forms."
)


def show(choice: Choice, metric: DeltaGenerator, ready: bool) -> None:
    """Draws the metric and the line, and keeps them up to date until the timing ends.

    Args:
      metric: where the metric goes; the line goes where the page is.
      ready: False while the run itself still trains: timing it then would disturb both.
    """
    line = st.container(horizontal=True, vertical_alignment="center", key="timing")
    if not ready:
        pace.live(_draw_later, None)(metric, line)
    elif timings.job(choice).running:
        seconds = LATER_SECONDS if _waits(choice) else POLL_SECONDS
        pace.live(_draw_live, seconds)(choice, metric, line)
    else:
        pace.live(_draw, None)(choice, metric, line)


def _draw_later(metric: DeltaGenerator, line: DeltaGenerator) -> None:
    metric.metric(_LABEL, "–", delta_description="after training", help=_HELP)
    line.caption("The time is measured once the run is trained.")


def _draw_live(choice: Choice, metric: DeltaGenerator, line: DeltaGenerator) -> None:
    if not timings.job(choice).running:
        st.rerun()
    _draw(choice, metric, line)


def _draw(choice: Choice, metric: DeltaGenerator, line: DeltaGenerator) -> None:
    job = timings.job(choice)
    running, timing = job.look()
    step_ms = timing.step_ms.get(timings.form(choice)) if timing else None
    if timing is None or step_ms is None:
        waits = _waits(choice)
        metric.metric(_LABEL, "–", delta_description="later" if waits else "starting", help=_HELP)
        if waits:
            line.caption("Many readers are here. The steps are timed when fewer are.")
            return
        if job.error is None:
            line.caption("The timing begins …")
            return
        line.caption(f"It could not be timed: {words.reason(job.error)}.")
        _draw_again("Try again", choice, line)
        return
    each, total = words.duration(step_ms), words.duration(1000 * step_ms)
    metric.metric(_LABEL, total, delta_description=f"{each} per step", help=_HELP)
    if running:
        line.caption(
            f"Timing, round {timing.rounds + 1} of {timings.ROUNDS}"
            + (words.in_turn(timings.others(choice)) or ".")
        )
        line.button(
            "Stop", on_click=job.stop, icon=":material/stop:", type="tertiary", key="stop_timing"
        )
    else:
        stopped = timing.rounds < timings.ROUNDS
        until = f" Stopped after {timing.rounds} of {timings.ROUNDS} rounds." if stopped else ""
        line.caption(f"{words.step_times(timing.step_ms)}{until}")
        _draw_again("Measure again", choice, line)


def _draw_again(label: str, choice: Choice, line: DeltaGenerator) -> None:
    line.button(
        label,
        on_click=timings.measure_again,
        args=(choice,),
        icon=":material/timer:",
        type="tertiary",
        key="measure_again",
    )


def _waits(choice: Choice) -> bool:
    job = timings.job(choice)
    return job.latest is None and job.error is None and pace.crowd().is_dense
