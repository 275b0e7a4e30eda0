"""How readers share the server: pages are drawn one at a time, and poll less with many readers.

Measured with 50 readers on two busy cores (`make load`): without turns, the median click took 18 to
23 s instead of 4 to 5 s; with a constant polling interval, the 95th percentile was 14 to 20 s
instead of 8 to 12 s.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from dashboard.work.jobs import Job

P = ParamSpec("P")
T = TypeVar("T")

TURN_WITHIN_SECONDS = 5.0
"""The longest wait for a turn. After it, a page is drawn anyway, so that the app cannot hang."""

AT_EASE = 5
"""The number of readers that do not slow each other down."""

LATELY_SECONDS = 10.0
"""A reader who has clicked within this time counts as active."""

CROWDED = 2.0
"""Above this `Crowd.share`, measurements of the server wait."""

LONGEST_POLL_SECONDS = 10.0

LOOK_FOR_CLICK_SECONDS = 0.05
"""The longest time for which a waiting script does not notice a click."""

_NO_KEY = "no key of the session"

_is_polled = ContextVar("part_is_polled", default=False)


class Crowd:
    """The page being drawn, and the readers who have requested one recently."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._seeing = threading.Lock()
        self._turn = threading.Lock()
        self._thread = threading.local()

    @contextmanager
    def page_of(self, reader: str) -> Iterator[None]:
        """A context in which a page is drawn. Entering it waits for the turn of the page."""
        with self._seeing:
            self._seen[reader] = time.monotonic()
        with self.turn():
            yield

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A context for drawing. Entering it waits until no other thread draws; it can be nested.

        Python runs one thread at a time anyway. If 50 threads draw at once, all of them finish
        late, and they starve the thread that communicates with the browsers.
        """
        if self._has_turn:
            yield
            return
        self._take_turn()
        try:
            yield
        finally:
            self._end_turn()

    @contextmanager
    def out_of_turn(self) -> Iterator[None]:
        """A context in which other threads can draw while this one waits or computes for long.

        If the script ends in it, for example at a click, the turn is not taken again.
        """
        needs_turn = self._has_turn
        self._end_turn()
        try:
            yield
        except (RerunException, StopException):
            needs_turn = False
            raise
        finally:
            if needs_turn:
                self._take_turn()

    def let_draw(self) -> None:
        """Waits until no page is being drawn, at most `TURN_WITHIN_SECONDS`.

        Call it before work that blocks Python for seconds, such as an import: a page that is being
        drawn would otherwise have to wait for it.
        """
        with self.turn():
            return

    def _take_turn(self) -> None:
        self._thread.has_turn = self._turn.acquire(timeout=TURN_WITHIN_SECONDS)

    def _end_turn(self) -> None:
        if self._has_turn:
            self._thread.has_turn = False
            self._turn.release()

    @property
    def _has_turn(self) -> bool:
        return getattr(self._thread, "has_turn", False)

    @property
    def share(self) -> float:
        """The number of active readers divided by `AT_EASE`, at least 1."""
        now = time.monotonic()
        with self._seeing:
            self._seen = {
                reader: seen for reader, seen in self._seen.items() if now - seen < LATELY_SECONDS
            }
            return max(1.0, len(self._seen) / AT_EASE)

    @property
    def is_dense(self) -> bool:
        """Whether there are so many readers that they would distort a measurement."""
        return self.share > CROWDED


@st.cache_resource(show_spinner=False)
def crowd() -> Crowd:
    """Returns the crowd of this process."""
    return Crowd()


def live(draw: Callable[P, T], seconds: float | None) -> Callable[P, T]:
    """Returns a function that draws a part of the page as a fragment that refreshes itself.

    Args:
      draw: draws the part.
      seconds: the interval with few readers. With many readers it grows, up to
        `LONGEST_POLL_SECONDS`, because polling would delay the work that the readers wait for. With
        None, the part refreshes only after a click inside it. Use None once the part is complete,
        instead of drawing it without `live`: charts that leave their fragment are rebuilt.
    """

    if _is_polled.get():
        # A part that refreshes itself contains this one, so it refreshes this one as well. A
        # fragment inside a fragment could break the page: if the outer one is drawn again before
        # the browser has received its elements, Streamlit drops them from its queue, but still
        # sends the elements of the inner one, whose place is then unknown to the browser ("Bad
        # delta path index").
        return draw

    @wraps(draw)
    def in_turn(*args: P.args, **kwargs: P.kwargs) -> T:
        polled = _is_polled.set(seconds is not None)
        try:
            with crowd().turn():
                return draw(*args, **kwargs)
        finally:
            _is_polled.reset(polled)

    if seconds is not None:
        seconds = min(seconds * crowd().share, LONGEST_POLL_SECONDS)
    return st.fragment(in_turn, run_every=seconds)


def wait(job: Job[Any], seconds: float) -> bool:
    """Returns True once a job has ended or was stopped, or False on a timeout.

    If the reader clicks outside a fragment, the script ends here and runs again, as it does at
    Streamlit's commands.
    """
    if job.rested or seconds <= 0:
        return job.wait(0)
    deadline = time.monotonic() + seconds
    with crowd().out_of_turn():
        while (left := deadline - time.monotonic()) > 0:
            if job.wait(min(left, LOOK_FOR_CLICK_SECONDS)):
                return True
            # Reading the session lets Streamlit end the script if the reader has clicked.
            _ = _NO_KEY in st.session_state
    return False
