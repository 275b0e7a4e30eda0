"""A job: one computation behind the pages, and which sessions want it.

A job is a generator whose items say how far it is. It runs while any session that watches it wants
it. Stop ends the wish of one session only.
"""

import logging
import secrets
import threading
import time
import traceback
from collections.abc import Generator
from typing import Generic, TypeVar

import streamlit as st

T = TypeVar("T")

_log = logging.getLogger(__name__)

UNWATCHED_SECONDS = 15.0
"""A session that has not looked at a job for longer does not watch it: its browser may be closed.

A page that waits looks at least every 10 s (`pace.live`).
"""

_READER = "reader"


def reader() -> str:
    """Returns a name for the session whose script calls."""
    name: str = st.session_state.setdefault(_READER, secrets.token_hex(8))
    return name


class Job(Generic[T]):
    """One computation. Its `latest` item is its result so far, and all of it once it is `done`.

    `running`, `look`, `stopped`, `wait` and `stop` are about the session that calls them.
    """

    def __init__(self, chunks: Generator[T, None, None]) -> None:
        self.latest: T | None = None
        self.error: Exception | None = None
        self.done = False
        self.worked_seconds = 0.0
        self.dropped = False
        self.looks: dict[str, float] = {}
        """By session, the time of its last look."""
        self.stopped_by: set[str] = set()
        """The sessions that want no more of it."""
        self._chunks = chunks
        self._rested = threading.Event()

    @property
    def running(self) -> bool:
        """True while more is to come and this session has not stopped it. Counts as a look."""
        self._note_look()
        return not (self.rested or self.stopped)

    def look(self) -> tuple[bool, T | None]:
        """Returns whether more is to come, and the latest item: the last one if no more is to come.

        In the opposite order, a job that ends in between would return a part as the whole.
        """
        return self.running, self.latest

    @property
    def stopped(self) -> bool:
        """True if this session has stopped the job, and it has not ended: others may go on."""
        return not self.done and reader() in self.stopped_by

    @property
    def rested(self) -> bool:
        """True while no session makes the job run: it has ended, or nobody wants it."""
        return self._rested.is_set()

    @property
    def succeeded(self) -> bool:
        """True once `latest` is the whole result."""
        return self.done and self.error is None

    @property
    def unfinished(self) -> bool:
        """True if it has begun and not ended: it holds what it needs to go on."""
        return self.worked_seconds > 0 and not self.done

    @property
    def looked_at(self) -> float:
        """When a session last looked at it."""
        return max(list(self.looks.values()), default=0.0)

    @property
    def wanted(self) -> bool:
        """True while a session watches the job and has not stopped it."""
        since = time.monotonic() - UNWATCHED_SECONDS
        looks = list(self.looks.items())  # other threads add to it
        return any(at > since for name, at in looks if name not in self.stopped_by)

    def wait(self, seconds: float) -> bool:
        """Returns True once nothing more is to come for this session, False after the time is over.

        Waiting counts as a look.
        """
        self._note_look()
        return self.stopped or self._rested.wait(seconds)

    def stop(self) -> None:
        """Ends this session's wish; the job rests after its chunk if no other session wants it."""
        self.stopped_by.add(reader())

    def advance(self) -> None:
        """Computes one chunk."""
        began = time.monotonic()
        try:
            self.latest = next(self._chunks)
        except StopIteration:
            self.done = True
        except Exception as error:  # a thread has no reader: the page says what went wrong
            _log.error("A job failed.\n%s", traceback.format_exc())
            self.error, self.done = error, True
        finally:
            self.worked_seconds += time.monotonic() - began

    def rest(self) -> None:
        """Ends the wait of all sessions; a job that was dropped releases what it computes from."""
        if self.done:
            self.looks.clear()
            self.stopped_by.clear()
        if self.dropped:
            self._chunks.close()
            self.error = None  # an error refers to where it was raised
        self._rested.set()

    def rouse(self) -> None:
        """Lets a job at rest go on."""
        self._rested.clear()

    def _note_look(self) -> None:
        name = reader()
        # A look at a job at rest is no wish that it goes on.
        if not self.rested or name in self.looks:
            self.looks[name] = time.monotonic()
