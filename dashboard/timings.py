"""How long a step of the chosen run takes in three forms, measured on the server behind the page.

The forms and their rounds are those of the Speed page (`mlp_core.timing`), so that both pages show
the same kind of figure.
"""

from collections.abc import Iterator
from statistics import median
from time import sleep
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from dashboard import memory, pace
from dashboard.choice import Choice
from dashboard.jobs import Job, Workers
from mlp_core import Settings
from mlp_core.engine.estimate import measurable
from mlp_core.tasks import is_own

if TYPE_CHECKING:
    from mlp_core.timing.forms import Form

ROUNDS = 5
_LOOK_SECONDS = 0.5


class Timing(NamedTuple):
    """How far a timing is."""

    rounds: int
    """How many rounds all forms have had, of `ROUNDS`."""
    step_ms: dict[str, float]
    """By form the median milliseconds of a step, without compiling; only of forms timed so far."""


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def workers() -> Workers:
    """Returns the one thread of all timings: two at once would disturb each other."""
    return Workers(threads=1, keep=64, before=memory.make_room)


def job(choice: Choice) -> Job[Timing | None]:
    """Returns the timing of a choice, begun if it was not measured in this process before."""
    return workers().start(_work(choice), lambda: _timed(choice))


def others(choice: Choice) -> int:
    """Returns how many timings and measurements take turns with one."""
    return workers().others(job(choice))


def measure_again(choice: Choice) -> None:
    """Drops what was measured, so that the next look at it measures anew.

    A timing that another session has under way goes on for this one as well.
    """
    workers().forget(_work(choice))
    workers().resume(_work(choice))


def form(choice: Choice) -> str:
    """Returns the form that the switches stand for: fix 4 compiles the whole step."""
    return "step" if choice.fixes.jit_step else "gradient"


def _work(choice: Choice) -> tuple[object, ...]:
    """Returns all that decides the time of a step, in any form: the shapes and what is computed."""
    fixes, settings = choice
    # A reader's own table has timings of its own, which go when the table goes.
    task = settings.task if is_own(settings.task) else None
    clips = settings.clip_norm is not None
    return (_measured(settings).shape, fixes.whole_batches, fixes.adamw, clips, task)


def _measured(settings: Settings) -> Settings:
    """Returns the settings with as few steps as a measurement needs, if it can be measured."""
    try:
        return measurable(settings)
    except ValueError:
        return settings  # the timing fails and says why


def _timed(choice: Choice) -> Iterator[Timing | None]:
    """Yields the times measured so far; None until there is one.

    The form that the page waits for comes first. Then all take turns.
    """
    from mlp_core.timing.forms import forms

    settings = measurable(choice.settings)
    while pace.crowd().is_dense:
        yield None
        sleep(_LOOK_SECONDS)
    wanted = form(choice)
    other = "gradient" if wanted == "step" else "step"
    ready = forms(settings, choice.fixes, names=(wanted, other, "loop"))
    for _ in range(ROUNDS):
        for each in ready:
            if not each.step_ms:
                for _ in each.warm_up():
                    yield _timing(ready)
                    pace.crowd().step_aside()
                memory.settle(f"timing {each.name} {_work(choice)}")
            for _ in each.round():
                yield _timing(ready)
                pace.crowd().step_aside()
        yield _timing(ready)


def _timing(ready: "tuple[Form, ...]") -> Timing | None:
    """Returns the times that the forms have so far."""
    step_ms = {each.name: median(each.step_ms) for each in ready if each.step_ms}
    return Timing(min(len(each.step_ms) for each in ready), step_ms) if step_ms else None
