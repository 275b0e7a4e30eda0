"""The measurements that readers see: the one that ships, and those made on this server.

A process of its own makes each one (`mlp_core.timing.process`). Only one measures at a time: two
would disturb each other. Readers who ask for the same measurement share it.
"""

import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Literal

import streamlit as st

from dashboard.choice import Choice
from dashboard.work import pace
from dashboard.work.jobs import Job
from dashboard.work.pool import Workers
from mlp_core.tasks import is_own
from mlp_core.timing import process
from mlp_core.timing.figures import Measurement, Progress, Request, measurable

if TYPE_CHECKING:
    from mlp_core.timing.figures import Stored

_TIMED = "timed"

ON_REQUEST = bool(os.environ.get("FIX_BY_FIX_TIME_ON_REQUEST"))
"""Whether a reader must ask for a timing: for a server whose processor serves others as well."""


@st.cache_resource(show_spinner=False)
def shipped() -> "Stored":
    """Returns the measurement that ships. Shared by all sessions: never change it.

    Raises:
      ValueError: if its file cannot be read.
    """
    from mlp_core.timing import figures

    return figures.shipped()


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    return Workers(threads=1, keep=64, whole=True)


def ahead(job: Job[Progress]) -> int:
    """Returns how many measurements must end before this one begins."""
    return _workers().ahead(job)


# The Lab times a step of the choice on screen, as soon as its run is trained.


def job(choice: Choice) -> Job[Progress] | None:
    """Returns the timing of a choice, begun if it was not measured in this process before.

    A session watches one timing: it leaves the one that it watched before.

    Returns:
      None while so many readers are here that a new timing would say more about them, and where
      the server measures on request only.
    """
    key = _work(choice)
    before = st.session_state.get(_TIMED, key)
    if before != key:
        _workers().leave(before)
    st.session_state[_TIMED] = key
    if ON_REQUEST or pace.crowd().is_dense:
        return _workers().find(key)
    return _workers().start(key, lambda: _steps(choice))


def measure_again(choice: Choice) -> None:
    """Measures anew.

    A timing that another session has under way goes on for this one as well.
    """
    _workers().begin(_work(choice), lambda: _steps(choice), anew=True)


def form(choice: Choice) -> str:
    """Returns the form that the switches stand for: fix 4 compiles the whole step."""
    return "step" if choice.fixes.jit_step else "gradient"


def _steps(choice: Choice) -> Generator[Progress, None, None]:
    return process.measured(request(choice, "steps"))


def _work(choice: Choice) -> tuple[object, ...]:
    """Returns all that decides the time of a step, in any form: the shapes and what is computed."""
    fixes, settings = choice
    # A reader's own table has timings of its own, which go when the table goes.
    task = settings.task if is_own(settings.task) else None
    clips = settings.clip_norm is not None
    return (measurable(settings).shape, fixes.whole_batches, fixes.adamw, clips, task)


# The Speed page measures when a reader asks.


def request(choice: Choice, what: Literal["steps", "forms", "growth"] = "forms") -> Request:
    """Returns what to ask for, with no more steps than a measurement needs."""
    chosen = choice if what == "steps" else choice.compiled
    return Request(what, measurable(choice.settings), chosen.fixes)


def begin(wanted: Request) -> None:
    """Begins a measurement anew, or lets it go on for this session as well if it is under way."""
    _workers().begin(wanted, lambda: process.measured(wanted), anew=True)


def find(wanted: Request) -> Job[Progress] | None:
    """Returns the measurement if anybody has asked for it."""
    return _workers().find(wanted)


def result(wanted: Request) -> Measurement | None:
    """Returns what was measured, None unless it came to its end."""
    found = find(wanted)
    return found.latest.measurement if found and found.succeeded and found.latest else None
