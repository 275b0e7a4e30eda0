"""Work about one run each, such as gathering its evidence: shared by all sessions, with a panel."""

from collections.abc import Callable, Generator
from functools import partial
from typing import Generic, Protocol, TypeVar

from dashboard.choice import Choice
from dashboard.work.jobs import Job
from dashboard.work.panel import Panel
from dashboard.work.pool import Workers


class Progress(Protocol):
    """How far such work is."""

    @property
    def share(self) -> float:
        """Returns the share that is done, from 0 to 1."""


T = TypeVar("T", bound=Progress)


class PerRun(Generic[T]):
    """The jobs of one kind of work, at most one for each run.

    Args:
      workers: returns the pool that does the work.
      work: returns the work for a run; its items say how far it is.
    """

    def __init__(
        self,
        workers: Callable[[], Workers],
        work: Callable[[Choice], Generator[T, None, None]],
    ) -> None:
        self._workers, self._work = workers, work

    def find(self, choice: Choice) -> Job[T] | None:
        """Returns the job of a run if anybody has begun it."""
        return self._workers().find(choice)

    def start(self, choice: Choice) -> Job[T]:
        """Returns the job of a run, begun if nobody has yet."""
        return self._workers().start(choice, lambda: self._work(choice))

    def begin(self, choice: Choice) -> None:
        """Begins the job of a run, continues it where it was stopped, or repeats a failed one."""
        self._workers().begin(choice, lambda: self._work(choice))

    def panel(
        self,
        choice: Choice,
        name: str,
        failed: str,
        text: Callable[[float | None], str],
        poll_seconds: float = Panel._field_defaults["poll_seconds"],
    ) -> Panel:
        """Returns the panel of a run's job, see `Panel`.

        Args:
          text: returns the sentence for the progress bar from the share that is done; None stands
            for a job whose first program is still being compiled.
        """

        def told() -> tuple[float, str]:
            latest = self.start(choice).latest
            share = None if latest is None else latest.share
            return share or 0.0, text(share)

        return Panel(
            name,
            lambda: [self.start(choice)],
            partial(self.begin, choice),
            told,
            failed,
            lambda: self._workers().others(self.start(choice)),
            poll_seconds,
        )
