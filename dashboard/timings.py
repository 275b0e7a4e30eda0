"""How long the chosen program takes, measured on this machine behind the page."""

from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter, sleep
from typing import NamedTuple

import streamlit as st

from dashboard import memory, pace, runs
from dashboard.choice import Choice
from dashboard.jobs import Job, Workers
from mlp_core import Fixes
from mlp_core.table import is_own

ENOUGH_STEPS = 1000
"""The metric is the time of so many steps, so no timing runs on for longer."""

_REPEATS = 3  # a compiled run is over so soon that anything else on the machine disturbs it
_MOST_PASSES = 3  # a run shorter than an epoch is timed the second time
_LOOK_SECONDS = 0.5
_CHUNK_SECONDS = 0.03  # short, to step aside soon: a click during it is slower by a half


class Timing(NamedTuple):
    """How far a timing is."""

    steps_done: int
    step_ms: float
    """Milliseconds for one step, compiling left out."""


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def workers() -> Workers:
    """Returns the one thread of all timings: two at once would disturb each other."""
    return Workers(threads=1, keep=64, before=memory.make_room)


def job(choice: Choice) -> Job[Timing | None]:
    """Returns the timing of a choice, begun if it was not measured in this process before.

    Ask for it once the choice has been trained: a compiled run is then warm.
    """
    return workers().start(_work(choice), lambda: _timed(choice))


def others(choice: Choice) -> int:
    """Returns how many timings and measurements take turns with one."""
    return workers().others(job(choice))


def looped(choice: Choice) -> Timing | None:
    """Returns what the loop in Python takes for the same run, if it was measured."""
    fixes = replace(choice.fixes, jit_step=False)
    found = workers().find(_work(choice._replace(fixes=fixes)))
    return found.latest if found and found.done else None


def measure_again(choice: Choice) -> None:
    """Drops what was measured, so that the next look at it measures anew."""
    workers().forget(_work(choice))


def planned_steps(choice: Choice) -> int:
    """Returns how many steps a timing runs for."""
    return min(choice.settings.steps, ENOUGH_STEPS)


def _work(choice: Choice) -> tuple[object, ...]:
    """Returns what decides the time: the shapes, and what changes the work of the Python loop."""
    fixes = choice.fixes
    work = Fixes(whole_batches=fixes.whole_batches, adamw=fixes.adamw)
    # A reader's own table has timings of its own, which go when the table goes.
    task = choice.settings.task if is_own(choice.settings.task) else None
    return (choice.settings.shape, "compiled" if fixes.jit_step else work, task)


def _timed(choice: Choice) -> Iterator[Timing | None]:
    """Yields the time of a step, measured over more and more of them; None until it begins."""
    import mlp_core

    fixes, settings = choice
    if fixes.jit_step and runs.estimated_seconds(settings) < runs.LONG_SECONDS:
        times = []
        for _ in range(_REPEATS):
            began = perf_counter()
            mlp_core.train(settings, fixes)
            times.append(perf_counter() - began)
        yield Timing(settings.steps, 1000 * min(times) / settings.steps)
        return
    while pace.crowd().is_dense:
        yield None
        sleep(_LOOK_SECONDS)
    timing, warm = None, settings.steps_per_epoch + 1
    for _ in range(_MOST_PASSES):
        for timing in _timed_pass(choice, warm):
            yield timing
            if timing is None:  # it has compiled
                memory.settle(f"timing {_work(choice)}")
            pace.crowd().step_aside()
        if timing is not None:
            return
        warm = 0


def _timed_pass(choice: Choice, warm: int) -> Iterator[Timing | None]:
    """Yields the time of a step of the loop, None where nothing was timed yet.

    Args:
      warm: the first updates, in which it may compile: an epoch's last batch can have a shape of
        its own. They and what begins with them are not timed.
    """
    import mlp_core

    timing, drops, done, timed, seconds = None, memory.drops(), 0, 0, 0.0
    chunks = mlp_core.train_chunks(choice.settings, choice.fixes, chunk_seconds=_CHUNK_SECONDS)
    while done < planned_steps(choice):
        began = perf_counter()
        run = next(chunks)
        elapsed, steps = perf_counter() - began, run.steps_done - done
        if drops != memory.drops():  # this chunk or the next one compiles anew
            drops, warm = memory.drops(), run.steps_done + 1
        elif done >= warm:
            timed, seconds = timed + steps, seconds + elapsed
            timing = Timing(run.steps_done, 1000 * seconds / timed)
        done = run.steps_done
        yield timing
