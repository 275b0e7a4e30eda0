"""Work on single runs in the background: the evidence of a run, and snapshots for the player.

All sessions share the results, which are cached within a bound.
"""

from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.work import panel
from dashboard.work.jobs import Job
from dashboard.work.pool import Workers
from mlp_core import Settings
from mlp_core.engine import stretches

if TYPE_CHECKING:
    from mlp_core.diagnosis import Progress
    from mlp_core.diagnosis.compact import Compact

_PATIENCE_SECONDS = 1.0


class HasShare(Protocol):
    """An item that reports the share of the work that is done."""

    @property
    def share(self) -> float:
        """The share that is done, from 0 to 1."""


class Taken(NamedTuple):
    """The progress of the snapshots of a run, in the browser's format."""

    share: float
    compact: "Compact | None"
    """None until all snapshots are taken."""


class Texts(NamedTuple):
    """What a reader is told about the work."""

    offer: str
    """The label of the button that starts long work. The estimated time follows."""
    failed: str
    """The beginning of the error message. The reason follows."""
    progress: Callable[[float | None], str]
    """Returns the text of the progress bar from the share that is done, which is None while the
    first program is being compiled."""
    before_offer: str = ""
    """A paragraph above the button; may be empty."""


T = TypeVar("T", bound=HasShare)


class PerRun(Generic[T]):
    """The jobs of one kind of work, at most one for each run.

    Args:
      workers: returns the pool that does the work.
      work: returns the work for a run as a generator, whose items report its progress.
      seconds: estimates the time of the work without compilation.
      long_seconds: if the estimate is above this, the reader has to start the work.
      poll_seconds: the interval at which the progress is drawn.
    """

    def __init__(
        self,
        workers: Callable[[], Workers],
        work: Callable[[Choice], Generator[T, None, None]],
        seconds: Callable[[Settings], float],
        long_seconds: float,
        poll_seconds: float = panel.POLL_SECONDS,
    ) -> None:
        self._workers, self._work, self._seconds = workers, work, seconds
        self._long_seconds, self._poll_seconds = long_seconds, poll_seconds

    def done(self, choice: Choice) -> T | None:
        """Returns the finished work on a run; None if there is none."""
        job: Job[T] | None = self._workers().find(choice)
        return job.latest if job and job.succeeded else None

    def show(self, choice: Choice, name: str, texts: Texts) -> T | None:
        """Returns the finished work, or draws its progress and returns None until it is done.

        Args:
          name: see `Panel.name`.
        """
        offer, seconds = None, self._seconds(choice.settings)
        if self._workers().find(choice) is None and seconds > self._long_seconds:
            if texts.before_offer:
                st.markdown(texts.before_offer)
            offer = f"{texts.offer} (about {words.duration(1000 * seconds)})"
        shown = self._panel(choice, name, texts)
        return self._start(choice).latest if panel.show(shown, offer, _PATIENCE_SECONDS) else None

    def _start(self, choice: Choice) -> Job[T]:
        return self._workers().start(choice, lambda: self._work(choice))

    def _begin(self, choice: Choice) -> None:
        self._workers().begin(choice, lambda: self._work(choice))

    def _panel(self, choice: Choice, name: str, texts: Texts) -> panel.Panel:
        def told() -> tuple[float, str]:
            latest = self._start(choice).latest
            share = None if latest is None else latest.share
            return share or 0.0, texts.progress(share)

        return panel.Panel(
            name,
            lambda: [self._start(choice)],
            partial(self._begin, choice),
            told,
            texts.failed,
            lambda: self._workers().others(self._start(choice)),
            self._poll_seconds,
        )


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _evidence_workers() -> Workers:
    # An unfinished job may hold 20 MB of parameters and records.
    return Workers(threads=1, keep=32, keep_unseen=2)


def _collected(choice: Choice) -> "Generator[Progress, None, None]":
    from mlp_core import diagnosis

    yield from diagnosis.collect_chunks(choice.settings, choice.fixes)


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _snapshot_workers() -> Workers:
    return Workers(threads=1, keep=64, keep_unseen=2)  # at most 150 kB each


def _taken(choice: Choice) -> Generator[Taken, None, None]:
    from mlp_core.diagnosis import compact
    from mlp_core.diagnosis.snapshots import snapshot_chunks

    for share, taken in snapshot_chunks(choice.settings, choice.fixes):
        yield Taken(share, compact.encoded(taken) if taken else None)


evidence_work = PerRun(
    _evidence_workers,
    _collected,
    stretches.seconds_of_evidence,
    long_seconds=20.0,
    poll_seconds=1.0,  # each redraw triggers Python's garbage collector, which delays the work
)
"""The evidence of runs."""

snapshot_work = PerRun(_snapshot_workers, _taken, stretches.estimated_seconds, long_seconds=5.0)
"""The snapshots of runs."""
