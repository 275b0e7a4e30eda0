"""The snapshots of runs, as they go to the browser: taken in the background, shared, bounded."""

from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from dashboard.choice import Choice
from dashboard.work.jobs import Job
from dashboard.work.pool import Workers
from mlp_core.engine import stretches

if TYPE_CHECKING:
    from mlp_core.diagnosis.compact import Compact

_KEPT = 64  # 150 kB each at most
_KEPT_UNSEEN = 2


class Taken(NamedTuple):
    """How far the snapshots of a run are."""

    share: float
    compact: "Compact | None"
    """None until all are taken."""


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    return Workers(threads=1, keep=_KEPT, keep_unseen=_KEPT_UNSEEN)


def start(choice: Choice) -> Job[Taken]:
    """Returns the job that takes a run's snapshots, begun if nobody has yet."""
    fast = choice.compiled
    return _workers().start(fast, lambda: _taken(fast))


def begin(choice: Choice) -> None:
    """Lets a job begin, go on where it was stopped, or begin anew if it has failed."""
    fast = choice.compiled
    _workers().begin(fast, lambda: _taken(fast))


def job(choice: Choice) -> "Job[Taken] | None":
    """Returns the job of a run if anybody has begun it."""
    return _workers().find(choice.compiled)


def others(choice: Choice) -> int:
    """Returns how many such jobs take turns with one."""
    return _workers().others(start(choice))


def estimated_seconds(choice: Choice) -> float:
    """Returns about how long it takes, compiling left out. Right within a factor of three."""
    return stretches.estimated_seconds(choice.settings)


def _taken(choice: Choice) -> Generator[Taken, None, None]:
    from mlp_core.diagnosis import compact
    from mlp_core.diagnosis.snapshots import snapshot_chunks

    for share, snapshots in snapshot_chunks(choice.settings, choice.fixes):
        yield Taken(share, compact.encoded(snapshots) if snapshots else None)
