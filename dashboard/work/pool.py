"""Background work that all sessions share: jobs advanced chunk by chunk in a few threads.

The threads take the jobs in turn, one chunk each. A new job goes first until it has had its short
time, so that many long ones make it wait for no longer than a chunk.

Jobs that cannot pause, because another process computes them, run `whole`: one after the other.
"""

import atexit
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Hashable
from typing import Any, TypeVar

from dashboard.work import jobs, memory
from dashboard.work.jobs import Job
from mlp_core.data.table import when_closed
from mlp_core.settings import Settings

T = TypeVar("T")

SHORT_SECONDS = 0.5
"""A job that has worked for longer is a long one."""


class Workers:
    """Threads that advance jobs in turn, and the finished jobs, of which the oldest are dropped.

    Args:
      threads: how many jobs may run at once.
      keep: how many jobs are remembered.
      keep_unseen: how many can go on that have begun and are out of sight, stopped or not; older
        ones begin anew when somebody looks again. All can by default: for jobs that hold little.
      whole: each thread runs its jobs one after the other, not in turn. A job that nobody wants is
        closed, and begins anew when somebody wants it again.
    """

    def __init__(
        self,
        threads: int,
        keep: int,
        keep_unseen: int | None = None,
        whole: bool = False,
    ) -> None:
        self._keep, self._whole = keep, whole
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

    def watched(self, key: Hashable) -> Job[Any] | None:
        """Returns the job of a key if there is one; it goes on if this session wished so before.

        For jobs that begin only when a session asks.
        """
        name = jobs.reader()
        with self._changed:
            job = self._jobs.get(key)
            if job is not None and name in job.looks and name not in job.stopped_by:
                self._want(job, name)
            return job

    def start(self, key: Hashable, chunks: Callable[[], Generator[T, None, None]]) -> Job[T]:
        """Returns the job of a key: the one there is, else a new one that begins at once.

        One that rests goes on, unless this session has stopped it.
        """
        name = jobs.reader()  # before the lock: Streamlit may end the script here
        with self._changed:
            job = self._jobs.get(key)
            if job is None or (job.dropped and name not in job.stopped_by):
                job = self._jobs[key] = Job(_with_room(chunks()))
                # New work goes first: it is short, or it says soon that it is not.
                (self._queue.append if self._whole else self._queue.appendleft)(job)
                self._drop_oldest()
                self._drop_unseen()
                self._changed.notify()
            if name not in job.stopped_by:
                self._want(job, name)
            self._jobs.move_to_end(key)
            return job

    def begin(
        self, key: Hashable, chunks: Callable[[], Generator[T, None, None]], anew: bool = False
    ) -> Job[T]:
        """Returns the job of a key for a session that asks for it: takes back its Stop.

        A job that has failed begins anew.

        Args:
          anew: whether one that has ended well begins anew too.
        """
        name = jobs.reader()
        with self._changed:
            job = self._jobs.get(key)
            if job is not None and job.rested and (anew or job.error is not None):
                del self._jobs[key]
            elif job is not None:
                job.stopped_by.discard(name)
        return self.start(key, chunks)

    def leave(self, key: Hashable) -> None:
        """Withdraws this session's wish for a job, as if it had closed the page."""
        with self._changed:
            job = self._jobs.get(key)
            if job is not None:
                job.looks.pop(jobs.reader(), None)

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

    def ahead(self, job: Job[Any]) -> int:
        """Returns how many other jobs must end before a whole job begins."""
        with self._changed:
            if job not in self._queue:
                return 0
            waiting = [*self._queue]
            at_work = [one for one in self._jobs.values() if not (one.rested or one in waiting)]
            return len(at_work) + waiting.index(job)

    def close(self) -> None:
        """Ends the threads after their present chunks, and closes all jobs."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self.forget_where(lambda key: True)
        atexit.unregister(self.close)

    def _want(self, job: Job[Any], name: str) -> None:
        if job.done or job.dropped:
            return
        job.looks[name] = time.monotonic()
        if job.rested:
            job.rouse()
            self._queue.append(job)
            self._changed.notify()

    def _drop_oldest(self) -> None:
        at_rest = [key for key, job in self._jobs.items() if job.rested]
        for key in at_rest[: max(0, len(self._jobs) - self._keep)]:
            del self._jobs[key]

    def _drop_unseen(self) -> None:
        if self._keep_unseen is None:
            return
        before = time.monotonic() - jobs.UNWATCHED_SECONDS
        unseen = [
            key for key, job in self._jobs.items() if job.unfinished and job.looked_at < before
        ]
        unseen.sort(key=lambda key: self._jobs[key].looked_at)
        for key in unseen[: max(0, len(unseen) - self._keep_unseen)]:
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        job = self._jobs.pop(key)
        job.dropped = True
        if job in self._queue:
            self._queue.remove(job)
            job.rest()
        elif job.rested:
            job.rest()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    return
                job = self._queue.popleft()
                if not job.wanted:  # under the lock: a wish from now on finds the job at rest
                    job.dropped = self._whole
                    job.rest()
                    continue
            job.advance()
            with self._changed:
                if job.done or job.dropped:
                    job.rest()
                    continue
                goes_first = self._whole or job.worked_seconds < SHORT_SECONDS
                (self._queue.appendleft if goes_first else self._queue.append)(job)
                self._changed.notify()


def _with_room(chunks: Generator[T, None, None]) -> Generator[T, None, None]:
    memory.make_room()
    yield from chunks


_all_workers: weakref.WeakSet[Workers] = weakref.WeakSet()


def _forget_work_on(task: str) -> None:
    """Stops and drops the jobs on a reader's own table."""
    for workers in list(_all_workers):
        workers.forget_where(lambda key: _is_on(key, task))


def _is_on(key: Hashable, task: str) -> bool:
    """Returns whether the work under a key is on this table."""
    parts = key if isinstance(key, tuple) else (key,)
    return task in [part.task if isinstance(part, Settings) else part for part in parts]


when_closed(_forget_work_on)
