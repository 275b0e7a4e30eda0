"""The metric for the time of 1000 steps and a line about it, live while it is measured."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import pace, timings, words
from dashboard.choice import Choice
from dashboard.timings import Timing

POLL_SECONDS = 0.3
LATER_SECONDS = 3.0
"""How often a timing is looked at that waits for other readers to leave."""

_LABEL = "Time for 1,000 steps"
_HELP = (
    "Measured on this machine while you read, compiling left out. With 4 off, the real loop runs "
    "for it: loss and gradient compiled, the update in Python. The curves do not wait for it: the "
    "compiled engine has the same losses, sooner."
)


def show(choice: Choice, metric: DeltaGenerator, ready: bool) -> None:
    """Draws the metric and the line, and keeps them up to date until the timing ends.

    Args:
      metric: where the metric goes; the line goes where the page is.
      ready: False while the run itself still trains: timing it then would disturb both.
    """
    line = st.container(horizontal=True, vertical_alignment="center", key="timing")
    if not ready:
        metric.metric(_LABEL, "–", delta_description="after training", help=_HELP)
        line.caption("The time is measured once the run is trained.")
        return
    timing = timings.job(choice)
    pace.wait(timing, 0.1)  # a compiled run is timed in less
    if timing.running:
        seconds = LATER_SECONDS if _waits(choice) else POLL_SECONDS
        pace.live(_draw_live, seconds)(choice, metric, line)
    else:
        _draw(choice, metric, line)


def _draw_live(choice: Choice, metric: DeltaGenerator, line: DeltaGenerator) -> None:
    if not timings.job(choice).running:
        st.rerun()
    _draw(choice, metric, line)


def _draw(choice: Choice, metric: DeltaGenerator, line: DeltaGenerator) -> None:
    job = timings.job(choice)
    running, timing = job.look()
    planned = timings.planned_steps(choice)
    if timing is None:
        waits = _waits(choice)
        metric.metric(_LABEL, "–", delta_description="later" if waits else "starting", help=_HELP)
        if waits:
            line.caption("Many readers are here. The real loop is timed when fewer are.")
            return
        if job.error is None:
            line.caption("The timing begins …")
            return
        line.caption(f"It could not be timed: {words.reason(job.error)}.")
        _draw_again("Try again", choice, line)
        return
    each = words.duration(timing.step_ms)
    total = words.duration(1000 * timing.step_ms)
    metric.metric(_LABEL, total, delta_description=f"{each} a step", help=_HELP)
    if running:
        line.caption(
            f"Timing the real loop: {timing.steps_done:,} of {planned:,} steps, {each} each"
            + (words.in_turn(timings.others(choice)) or ".")
        )
        line.button(
            "Stop", on_click=job.stop, icon=":material/stop:", type="tertiary", key="stop_timing"
        )
    else:
        line.caption(_measured(choice, timing, planned, timings.looped(choice)))
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


def _measured(choice: Choice, now: Timing, planned: int, looped: Timing | None) -> str:
    """Returns what was timed.

    Args:
      planned: how many steps there were to time.
      looped: the timing of the same run with the loop in Python, where it is known.
    """
    each = words.duration(now.step_ms)
    if choice.fixes.jit_step:
        faster = (
            f", {looped.step_ms / now.step_ms:,.0f} times faster than the loop" if looped else ""
        )
        return f"The whole step is compiled: {each} each on this machine{faster}."
    stopped = now.steps_done < planned
    until = f", stopped after {now.steps_done:,} of {planned:,}" if stopped else ""
    return (
        f"The real loop takes {each} a step on this machine{until}; the curves are the compiled "
        "engine's."
    )
