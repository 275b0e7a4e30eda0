"""How readers share the time: pages are drawn in turn, and many readers make pages ask less often.

Measured with fifty readers on two busy cores (`make load`): without turns the median click took 18
to 23 s instead of 4 to 5 s; with a constant interval the 95th percentile was 14 to 20 s instead of
8 to 12 s.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from dashboard.work.jobs import Job

P = ParamSpec("P")
T = TypeVar("T")

TURN_WITHIN_SECONDS = 5.0
"""Who waits for a turn for so long goes on without: it is a courtesy, and must not hang the app."""

AT_EASE = 5
"""So many readers do not notice each other."""

LATELY_SECONDS = 10.0
"""Who has clicked within so long is there."""

CROWDED = 2.0
"""From this share of readers on, what only measures the machine waits."""

LONGEST_POLL_SECONDS = 10.0


_is_polled = ContextVar("part_is_polled", default=False)


class Crowd:
    """The page that is being drawn, and the readers who have lately asked for one."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._seeing = threading.Lock()
        self._turn = threading.Lock()
        self._thread = threading.local()

    @contextmanager
    def page_of(self, reader: str) -> Iterator[None]:
        """Marks the time in which a page is made, which begins when it is its turn."""
        with self._seeing:
            self._seen[reader] = time.monotonic()
        with self.turn():
            yield

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until no other thread draws, then draws; does nothing where this thread does.

        Python runs one thread at a time anyway. Fifty that draw at once end together, late, and
        starve the thread that speaks to the browsers.
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
        """Lets others draw while this thread waits, or computes for long."""
        had_turn = self._has_turn
        self._end_turn()
        try:
            yield
        finally:
            if had_turn:
                self._take_turn()

    def let_draw(self) -> None:
        """Returns when no page is being drawn, at the latest after a while.

        For what takes Python for seconds, as an import does: a page would wait as long.
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
        """How many times more readers there are than would not notice each other; at least 1."""
        now = time.monotonic()
        with self._seeing:
            self._seen = {
                reader: seen for reader, seen in self._seen.items() if now - seen < LATELY_SECONDS
            }
            return max(1.0, len(self._seen) / AT_EASE)

    @property
    def is_dense(self) -> bool:
        """Whether so many readers are there that a measurement would say more about them."""
        return self.share > CROWDED


@st.cache_resource(show_spinner=False)
def crowd() -> Crowd:
    """Returns the readers of this process."""
    return Crowd()


def live(draw: Callable[P, T], seconds: float | None) -> Callable[P, T]:
    """Returns a function that draws a part of the page, again and again until the page is redrawn.

    Args:
      seconds: how often, for a few readers. Fifty who wait for the same work would hold it up by
        asking as often. Nobody asks less often than every `LONGEST_POLL_SECONDS`. None draws again
        only what a click inside changes. A part that stops being live stays a fragment all the
        same: the browser builds a chart anew that leaves its fragment.
    """

    if _is_polled.get():
        # The part around this one is drawn again and again, and this one with it. As a fragment of
        # its own it could lose the page: when the outer part is drawn again before the browser has
        # the first result, Streamlit drops the outer part's elements from the queue, but sends the
        # inner part's, which then have no place ("Bad delta path index").
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
    """Returns True once a job has ended or was stopped, False if the time is over before."""
    if job.rested or seconds <= 0:
        return job.wait(0)
    with crowd().out_of_turn():
        return job.wait(seconds)
