"""Background work that all sessions share: jobs advanced chunk by chunk in a few threads.

A job is an iterator whose items say how far it is. The threads take the jobs in turn, one chunk
each. A new job goes first until it has had its short time, so that many long ones make it wait for
no longer than a chunk.
"""

import atexit
import logging
import threading
import time
import traceback
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_log = logging.getLogger(__name__)

SHORT_SECONDS = 0.5
"""A job that has worked for so long is a long one."""

UNWATCHED_SECONDS = 120.0
"""A job stops when nobody has looked at it for so long: its reader has closed the page."""

OUT_OF_SIGHT_SECONDS = 15.0
"""Nobody waits for a job that has not been looked at for so long; its reader may come back.

However many readers there are, a page that waits looks every 10 s (`pace.live`).
"""


class Job(Generic[T]):
    """One computation. Its `latest` item is its result so far, and all of it once it is `done`."""

    def __init__(self, chunks: Iterator[T]) -> None:
        self.latest: T | None = None
        self.error: Exception | None = None
        self.stopped = False
        self.done = False
        self.made: dict[Hashable, Any] = {}
        """What was made of its result; goes when the job goes."""
        self.worked_seconds = 0.0
        self.weight = 1.0
        """For how many others it counts where they are kept, once it has ended."""
        self.looked_at = time.monotonic()
        self.dropped = False
        self._chunks = chunks
        self._left_alone = False
        self._rested = threading.Event()

    @property
    def running(self) -> bool:
        """True while more is to come. Asking counts as looking at the job."""
        self.looked_at = time.monotonic()
        return not self.rested

    def look(self) -> tuple[bool, T | None]:
        """Returns whether more is to come, and the latest item: the last one if no more is to come.

        Asked for the other way round, a job that ends in between would pass off a part as all.
        """
        return self.running, self.latest

    @property
    def rested(self) -> bool:
        """True once the job has ended or was stopped."""
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
    def left_alone(self) -> bool:
        """True if it was stopped because nobody looked, not because somebody wanted it."""
        return self._left_alone and self.rested

    def wait(self, seconds: float) -> bool:
        """Returns True once the job has ended or was stopped, False if the time is over before.

        Waiting counts as looking, too.
        """
        self.looked_at = time.monotonic()
        return self._rested.wait(seconds)

    def stop(self) -> None:
        """Ends the job after its present chunk and keeps what it has; it can go on later."""
        self.stopped = True

    def advance(self) -> bool:
        """Computes one chunk. Returns True if another one should follow."""
        if not self.stopped and time.monotonic() - self.looked_at > UNWATCHED_SECONDS:
            self.stopped = self._left_alone = True
        if not self.stopped:
            began = time.monotonic()
            try:
                self.latest = next(self._chunks)
                return True
            except StopIteration:
                self.done = True
            except Exception as error:  # a thread has no reader: the page says what went wrong
                _log.error("A job failed.\n%s", traceback.format_exc())
                self.error, self.done = error, True
            finally:
                self.worked_seconds += time.monotonic() - began
        self._rested.set()
        self._let_go()
        return False

    def drop(self) -> None:
        """Ends the job for good: what it computes from is let go, whoever still holds the job."""
        self.stopped = self.dropped = True
        self._let_go()

    def _let_go(self) -> None:
        # Both the one who drops and the thread come here last, so one of them sees both as true.
        if self.dropped and self.rested:
            self._chunks, self.error = iter(()), None  # an error holds on to where it was raised
            self.made.clear()

    def rouse(self) -> None:
        """Lets a stopped job go on."""
        self.stopped = self._left_alone = False
        self.looked_at = time.monotonic()
        self._rested.clear()


class Workers:
    """Threads that advance jobs in turn, and the finished jobs, of which the oldest are dropped.

    Args:
      threads: how many jobs may run at once.
      keep: how many jobs are remembered.
      before: is called before a job's first chunk, in its thread; an error of it is the job's.
      weigh: returns for how many others a result counts among those that are remembered.
      keep_unseen: how many can go on that have begun and are out of sight, stopped or not; older
        ones begin anew when somebody looks again. All can by default: for jobs that hold little.
    """

    def __init__(
        self,
        threads: int,
        keep: int,
        before: Callable[[], None] = lambda: None,
        weigh: Callable[[Any], float] = lambda latest: 1.0,
        keep_unseen: int | None = None,
    ) -> None:
        self._keep, self._before, self._weigh = keep, before, weigh
        self._keep_unseen = keep_unseen
        self._jobs: OrderedDict[Hashable, Job[Any]] = OrderedDict()
        self._queue: deque[Job[Any]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        _all_workers.add(self)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()
        # A thread inside XLA while the interpreter goes down would abort the process.
        atexit.register(self.close)

    def find(self, key: Hashable) -> Job[Any] | None:
        """Returns the job of a key if there is one."""
        with self._changed:
            return self._jobs.get(key)

    def start(self, key: Hashable, chunks: Callable[[], Iterator[T]]) -> Job[T]:
        """Returns the job of a key: the one there is, else a new one that begins at once.

        One that was stopped because nobody looked goes on: now somebody does.
        """
        with self._changed:
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = Job(self._prepared(chunks()))
                # New work goes first: it is short, or it says soon that it is not.
                self._queue.appendleft(job)
                self._drop_oldest()
                self._drop_unseen()
                self._changed.notify()
            elif job.left_alone:
                self._rouse(job)
            self._jobs.move_to_end(key)
            return job

    def resume(self, key: Hashable) -> None:
        """Lets a stopped job go on from where it is."""
        with self._changed:
            job = self._jobs.get(key)
            if job is not None and job.rested and not job.done:
                self._rouse(job)

    def forget(self, key: Hashable) -> None:
        """Drops a job that has ended, so that it can be started anew."""
        with self._changed:
            job = self._jobs.get(key)
            if job is not None and job.rested:
                del self._jobs[key]

    def forget_where(self, belongs: Callable[[Hashable], bool]) -> None:
        """Stops and drops the jobs of all keys of which `belongs` is true."""
        with self._changed:
            for key in [key for key in self._jobs if belongs(key)]:
                self._drop(key)

    def others(self, job: Job[Any]) -> int:
        """Returns how many other jobs take turns with one; none if each has a thread of its own."""
        with self._changed:
            at_work = [other for other in self._jobs.values() if not other.rested]
        others = sum(other is not job for other in at_work)
        return others if others >= len(self._threads) else 0

    def close(self) -> None:
        """Ends the threads after their present chunks."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        atexit.unregister(self.close)

    def _prepared(self, chunks: Iterator[T]) -> Iterator[T]:
        self._before()
        yield from chunks

    def _rouse(self, job: Job[Any]) -> None:
        job.rouse()
        self._queue.append(job)
        self._changed.notify()

    def _drop_oldest(self) -> None:
        too_much = sum(job.weight for job in self._jobs.values()) - self._keep
        for key in [key for key, job in self._jobs.items() if job.rested]:
            if too_much <= 0:
                return
            too_much -= self._jobs.pop(key).weight

    def _drop_unseen(self) -> None:
        if self._keep_unseen is None:
            return
        before = time.monotonic() - OUT_OF_SIGHT_SECONDS
        unseen = [
            key for key, job in self._jobs.items() if job.unfinished and job.looked_at < before
        ]
        unseen.sort(key=lambda key: self._jobs[key].looked_at)
        for key in unseen[: max(0, len(unseen) - self._keep_unseen)]:
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        job = self._jobs.pop(key)
        job.drop()
        if job in self._queue:  # its turn may be far
            self._queue.remove(job)
            job.advance()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    return
                job = self._queue.popleft()
            if job.advance():
                self._queue_again(job)
            elif job.latest is not None:
                job.weight = self._weigh(job.latest)

    def _queue_again(self, job: Job[Any]) -> None:
        with self._changed:
            if job.dropped:
                job.advance()
                return
            is_short = job.worked_seconds < SHORT_SECONDS
            (self._queue.appendleft if is_short else self._queue.append)(job)
            self._changed.notify()


_all_workers: weakref.WeakSet[Workers] = weakref.WeakSet()


def forget_everywhere(belongs: Callable[[Hashable], bool]) -> None:
    """Stops and drops jobs of all workers there are; see `Workers.forget_where`."""
    for workers in list(_all_workers):
        workers.forget_where(belongs)
