"""The timings that pages show: the stored measurement, and those made on this server.

Each measurement runs in a separate process (`mlp_core.timing.process`). Only one runs at a time,
because two would disturb each other. Readers who request the same measurement share it.
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
"""Whether readers must request timings, for servers that share their CPU with other programs."""


@st.cache_resource(show_spinner=False)
def shipped() -> "Stored":
    """Returns the stored measurement, which all sessions share. Do not modify it.

    Raises:
      ValueError: if its file cannot be read.
    """
    from mlp_core.timing import figures

    return figures.shipped()


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    return Workers(threads=1, keep=64, whole=True)


def ahead(job: Job[Progress]) -> int:
    """Returns how many measurements must end before this one starts."""
    return _workers().ahead(job)


# The Lab times a step of the choice on screen as soon as its run is trained.


def job(choice: Choice) -> Job[Progress] | None:
    """Returns the timing of a choice, and starts it if this process has not measured it.

    A session watches only one timing, and leaves the previous one.

    Returns:
      None if there is no timing yet, and there are so many readers that they would distort a new
      one, or the server only measures on request.
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
    """Measures again, or joins a timing that is already running."""
    _workers().begin(_work(choice), lambda: _steps(choice), anew=True)


def form(choice: Choice) -> str:
    """Returns the form of the loop for the switches: "step" with fix 4, otherwise "gradient"."""
    return "step" if choice.fixes.jit_step else "gradient"


def _steps(choice: Choice) -> Generator[Progress, None, None]:
    return process.measured(request(choice, "steps"))


def _work(choice: Choice) -> tuple[object, ...]:
    """Returns everything that determines the time of a step: the shapes and the operations."""
    fixes, settings = choice
    # Timings on an uploaded table have separate keys, so that they can be dropped with the table.
    task = settings.task if is_own(settings.task) else None
    clips = settings.clip_norm is not None
    return (measurable(settings).shape, fixes.whole_batches, fixes.adamw, clips, task)


# The Speed page measures on request.


def request(choice: Choice, what: Literal["steps", "forms", "growth"] = "forms") -> Request:
    """Returns a request for a measurement, with no more steps than it needs."""
    chosen = choice if what == "steps" else choice.compiled
    return Request(what, measurable(choice.settings), chosen.fixes)


def begin(wanted: Request) -> None:
    """Starts a measurement, even if there is a result, or joins one that is already running."""
    _workers().begin(wanted, lambda: process.measured(wanted), anew=True)


def find(wanted: Request) -> Job[Progress] | None:
    """Returns the job of a measurement if any session has requested it."""
    return _workers().find(wanted)


def result(wanted: Request) -> Measurement | None:
    """Returns the result of a measurement, or None if it has not succeeded."""
    found = find(wanted)
    return found.latest.measurement if found and found.succeeded and found.latest else None
