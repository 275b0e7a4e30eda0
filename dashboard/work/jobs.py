"""Jobs: background computations, each with the sessions that want its result.

A job wraps a generator whose items report its progress. It runs while at least one session watches
it and has not stopped it. Stop only affects the session that presses it.
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
"""A session that has not polled a job for longer no longer watches it: its browser may be closed.

A waiting page polls at least every 10 s (see `pace.live`).
"""

_READER = "reader"


def reader() -> str:
    """Returns an identifier of the calling session."""
    name: str = st.session_state.setdefault(_READER, secrets.token_hex(8))
    return name


class Job(Generic[T]):
    """A background computation. `latest` is its newest item, and the result once it is `done`.

    `running`, `look`, `stopped`, `wait`, and `stop` refer to the calling session.
    """

    def __init__(self, chunks: Generator[T, None, None]) -> None:
        self.latest: T | None = None
        self.error: Exception | None = None
        self.done = False
        self.worked_seconds = 0.0
        self.dropped = False
        self.looks: dict[str, float] = {}
        """The time of the last poll by each session."""
        self.stopped_by: set[str] = set()
        """The sessions that have stopped the job."""
        self._chunks = chunks
        self._rested = threading.Event()

    @property
    def running(self) -> bool:
        """True while the job runs for this session. Counts as a poll."""
        self._note_look()
        return not (self.rested or self.stopped)

    def look(self) -> tuple[bool, T | None]:
        """Returns whether the job is running, and its latest item.

        `running` must be read first: otherwise, if the job ended between the two reads, a partial
        result would be returned as the final one.
        """
        return self.running, self.latest

    @property
    def stopped(self) -> bool:
        """True if this session has stopped the job before its end. It may still run for others."""
        return not self.done and reader() in self.stopped_by

    @property
    def rested(self) -> bool:
        """True while the job does not run, because it has ended or no session wants it."""
        return self._rested.is_set()

    @property
    def succeeded(self) -> bool:
        """True once `latest` is the final result."""
        return self.done and self.error is None

    @property
    def unfinished(self) -> bool:
        """True if the job has started but not ended, and so holds memory for its state."""
        return self.worked_seconds > 0 and not self.done

    @property
    def looked_at(self) -> float:
        """The time of the last poll by any session."""
        return max(list(self.looks.values()), default=0.0)

    @property
    def wanted(self) -> bool:
        """True while a session watches the job and has not stopped it."""
        since = time.monotonic() - UNWATCHED_SECONDS
        looks = list(self.looks.items())  # a copy, because other threads add entries
        return any(at > since for name, at in looks if name not in self.stopped_by)

    def wait(self, seconds: float) -> bool:
        """Returns True once the job has ended or this session has stopped it, False on timeout.

        Counts as a poll.
        """
        self._note_look()
        return self.stopped or self._rested.wait(seconds)

    def stop(self) -> None:
        """Stops the job for this session. It pauses unless another session wants it."""
        self.stopped_by.add(reader())

    def advance(self) -> None:
        """Computes one chunk."""
        began = time.monotonic()
        try:
            self.latest = next(self._chunks)
        except StopIteration:
            self.done = True
        except Exception as error:  # the page shows the error, because this thread cannot
            _log.error("A job failed.\n%s", traceback.format_exc())
            self.error, self.done = error, True
        finally:
            self.worked_seconds += time.monotonic() - began

    def rest(self) -> None:
        """Pauses the job and ends the wait of all sessions. Frees the state of a dropped job."""
        if self.done:
            self.looks.clear()
            self.stopped_by.clear()
        if self.dropped:
            self._chunks.close()
            self.error = None  # an error keeps its stack frames alive
        self._rested.set()

    def rouse(self) -> None:
        """Resumes a paused job."""
        self._rested.clear()

    def _note_look(self) -> None:
        name = reader()
        # Polling a paused job is not a request to resume it.
        if not self.rested or name in self.looks:
            self.looks[name] = time.monotonic()
