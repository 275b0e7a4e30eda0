"""A thread pool that advances jobs chunk by chunk, shared by all sessions.

The threads process the jobs in turn, one chunk each. A new job has priority until it has run for
`SHORT_SECONDS`, so that it waits for at most one chunk of a long job.

Jobs that cannot pause, because another process computes them, run one after the other (`whole`).
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
"""A job that has run for longer loses its priority."""


class Workers:
    """Threads that advance jobs in turn, and a cache of jobs from which the oldest are evicted.

    Args:
      threads: how many jobs may run at once.
      keep: the number of jobs in the cache.
      keep_unseen: how many unfinished jobs that no session watches keep their state, stopped or
        not. Older ones are dropped and restart when a session needs them. None keeps all of them,
        for jobs with little state.
      whole: whether each thread finishes a job before it takes another one. A job that no session
        wants is then closed, and restarts when a session wants it again.
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
        # A thread inside XLA during interpreter shutdown would abort the process.
        atexit.register(self.close)

    def find(self, key: Hashable) -> Job[Any] | None:
        """Returns the job of a key, or None."""
        with self._changed:
            return self._jobs.get(key)

    def watched(self, key: Hashable) -> Job[Any] | None:
        """Returns the job of a key, or None. Resumes it if this session wanted it before.

        For jobs that only start when a session requests them.
        """
        name = jobs.reader()
        with self._changed:
            job = self._jobs.get(key)
            if job is not None and name in job.looks and name not in job.stopped_by:
                self._want(job, name)
            return job

    def start(self, key: Hashable, chunks: Callable[[], Generator[T, None, None]]) -> Job[T]:
        """Returns the job of a key: the existing one, or a new one, which starts immediately.

        A paused job is resumed unless this session has stopped it.
        """
        name = jobs.reader()  # before the lock, because Streamlit may end the script here
        with self._changed:
            job = self._jobs.get(key)
            if job is None or (job.dropped and name not in job.stopped_by):
                job = self._jobs[key] = Job(_with_room(chunks()))
                # New jobs go first: most are short, and a long one soon loses its priority.
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
        """Returns the job of a key, resumed for this session if it had stopped it.

        A failed job is restarted.

        Args:
          anew: whether to restart a job that has succeeded as well.
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
        """Ends this session's interest in a job, as if the page had been closed."""
        with self._changed:
            job = self._jobs.get(key)
            if job is not None:
                job.looks.pop(jobs.reader(), None)

    def forget_where(self, belongs: Callable[[Hashable], bool]) -> None:
        """Stops and drops all jobs whose keys satisfy `belongs`."""
        with self._changed:
            for key in [key for key in self._jobs if belongs(key)]:
                self._drop(key)

    def others(self, job: Job[Any]) -> int:
        """Returns how many other jobs compete with a job for threads; 0 if there are enough."""
        with self._changed:
            at_work = [other for other in self._jobs.values() if not other.rested]
        others = sum(other is not job for other in at_work)
        return others if others >= len(self._threads) else 0

    def ahead(self, job: Job[Any]) -> int:
        """Returns how many other jobs must end before a `whole` job starts."""
        with self._changed:
            if job not in self._queue:
                return 0
            waiting = [*self._queue]
            at_work = [one for one in self._jobs.values() if not (one.rested or one in waiting)]
            return len(at_work) + waiting.index(job)

    def close(self) -> None:
        """Ends the threads after their current chunks, and closes all jobs."""
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
                if (
                    not job.wanted
                ):  # checked under the lock, so that a later request finds the job paused
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
    """Stops and drops the jobs on a table that a reader uploaded."""
    for workers in list(_all_workers):
        workers.forget_where(lambda key: _is_on(key, task))


def _is_on(key: Hashable, task: str) -> bool:
    """Returns whether the job with this key uses the table of a task."""
    parts = key if isinstance(key, tuple) else (key,)
    return task in [part.task if isinstance(part, Settings) else part for part in parts]


when_closed(_forget_work_on)
