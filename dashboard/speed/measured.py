"""The measurements behind the Speed page: the one that ships, and those made here, one at a time.

They share the one thread of `dashboard.timings`, so that no two timings ever run at once. A
measurement begins when those that were asked for before it have ended.
"""

from collections.abc import Iterator
from time import sleep
from typing import TYPE_CHECKING, Literal, NamedTuple

import streamlit as st

from dashboard import memory, pace, timings
from dashboard.choice import Choice
from dashboard.jobs import Job
from mlp_core import Fixes, Settings
from mlp_core.engine.estimate import measurable
from mlp_core.timing.figures import Measurement, Progress

if TYPE_CHECKING:
    from mlp_core.timing.stored import Stored

Part = Literal["forms", "growth"]
_LOOK_SECONDS = 0.05
_FORMS_SHARE = 0.8  # of the time; the rest goes to the ways to treat a smaller batch


class Request(NamedTuple):
    """What a reader may have measured."""

    part: Part
    settings: Settings
    fixes: Fixes


@st.cache_resource(show_spinner=False)
def shipped() -> "Stored":
    """Returns the measurement that ships. Shared by all sessions: never change it.

    Raises:
      ValueError: if its file cannot be read.
    """
    from mlp_core.timing import stored

    return stored.shipped()


@st.cache_resource(show_spinner=False)
def _line() -> list[Request]:
    """Returns what was asked for, in its order."""
    return []


def request(choice: Choice, part: Part = "forms") -> Request:
    """Returns what to ask for, with no more steps than a measurement needs."""
    return Request(part, measurable(choice.settings), choice.compiled.fixes)


def begin(wanted: Request) -> None:
    """Lets a measurement begin anew, or go on for this session as well if it is under way."""
    if _under_way(wanted):
        timings.workers().resume(wanted)
        return
    timings.workers().forget_where(lambda key: key == wanted)
    line = _line()
    line[:] = [other for other in line if other != wanted and _under_way(other)]
    line.append(wanted)
    timings.workers().start(wanted, lambda: _in_turn(wanted))


def find(wanted: Request) -> "Job[Progress | None] | None":
    """Returns the measurement if anybody has asked for it."""
    return timings.workers().find(wanted)


def watched(wanted: Request) -> "Job[Progress | None] | None":
    """Returns the measurement if anybody has asked for it; it goes on if this session watched."""
    return timings.workers().watched(wanted)


def result(wanted: Request) -> Measurement | None:
    """Returns what was measured, None unless it came to its end."""
    job = find(wanted)
    finished = job is not None and job.done and job.error is None
    return job.latest.measurement if finished and job and job.latest else None


def ahead(wanted: Request) -> int:
    """Returns how many measurements must end before this one begins."""
    line = _line().copy()
    before = line[: line.index(wanted)] if wanted in line else []
    return sum(map(_under_way, before))


def _under_way(wanted: Request) -> bool:
    job = find(wanted)
    return job is not None and not job.rested


def _in_turn(wanted: Request) -> Iterator[Progress | None]:
    """Yields None while others are ahead, then the measurement's own progress."""
    while ahead(wanted):
        yield None
        sleep(_LOOK_SECONDS)
    for progress in (_forms if wanted.part == "forms" else _growth)(wanted):
        yield progress
        pace.crowd().step_aside()


def _forms(wanted: Request) -> Iterator[Progress]:
    from mlp_core.timing import measuring, rest

    for progress in measuring.measure(wanted.settings, wanted.fixes):
        yield progress._replace(share=_FORMS_SHARE * progress.share)
    for after in rest.with_rests(progress.measurement):
        yield after._replace(share=_FORMS_SHARE + (1 - _FORMS_SHARE) * after.share)


def _growth(wanted: Request) -> Iterator[Progress]:
    from mlp_core.timing import growth

    nothing_yet, text = Measurement(wanted.settings, wanted.fixes, devices=1), ""
    for progress in growth.grown(nothing_yet):
        if progress.text != text:
            memory.make_room()  # each size compiles a hundred programs, and none of another's
            text = progress.text
        yield progress
