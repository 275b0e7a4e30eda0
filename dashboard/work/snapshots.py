"""Snapshots of runs in the browser's format, taken in the background and cached within a bound."""

from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from dashboard.choice import Choice
from dashboard.work.per_run import PerRun
from dashboard.work.pool import Workers
from mlp_core.engine import stretches

if TYPE_CHECKING:
    from mlp_core.diagnosis.compact import Compact

_KEPT = 64  # 150 kB each at most
_KEPT_UNSEEN = 2


class Taken(NamedTuple):
    """The progress of the snapshots of a run."""

    share: float
    compact: "Compact | None"
    """None until all snapshots are taken."""


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    return Workers(threads=1, keep=_KEPT, keep_unseen=_KEPT_UNSEEN)


def estimated_seconds(choice: Choice) -> float:
    """Returns an estimate without compilation, accurate to a factor of three."""
    return stretches.estimated_seconds(choice.settings)


def _taken(choice: Choice) -> Generator[Taken, None, None]:
    from mlp_core.diagnosis import compact
    from mlp_core.diagnosis.snapshots import snapshot_chunks

    for share, snapshots in snapshot_chunks(choice.settings, choice.fixes):
        yield Taken(share, compact.encoded(snapshots) if snapshots else None)


jobs = PerRun(_workers, _taken)
