"""Background work for single runs, such as collecting evidence, shared by all sessions."""

from collections.abc import Callable, Generator
from functools import partial
from typing import Generic, Protocol, TypeVar

from dashboard.choice import Choice
from dashboard.work.jobs import Job
from dashboard.work.panel import Panel
from dashboard.work.pool import Workers


class Progress(Protocol):
    """The progress of the work."""

    @property
    def share(self) -> float:
        """The share that is done, from 0 to 1."""


T = TypeVar("T", bound=Progress)


class PerRun(Generic[T]):
    """The jobs of one kind of work, at most one for each run.

    Args:
      workers: returns the pool that does the work.
      work: returns the work for a run as a generator, whose items report its progress.
    """

    def __init__(
        self,
        workers: Callable[[], Workers],
        work: Callable[[Choice], Generator[T, None, None]],
    ) -> None:
        self._workers, self._work = workers, work

    def find(self, choice: Choice) -> Job[T] | None:
        """Returns the job of a run if any session has started it."""
        return self._workers().find(choice)

    def start(self, choice: Choice) -> Job[T]:
        """Returns the job of a run, and starts it if no session has."""
        return self._workers().start(choice, lambda: self._work(choice))

    def begin(self, choice: Choice) -> None:
        """Starts the job of a run, resumes a stopped one, or restarts a failed one."""
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
          text: returns the text of the progress bar from the share that is done, which is None
            while the first program is being compiled.
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
