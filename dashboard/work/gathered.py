"""Evidence of runs, collected in the background and cached for all sessions, within a bound."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.work.per_run import PerRun
from dashboard.work.pool import Workers
from mlp_core.engine import stretches

if TYPE_CHECKING:
    from mlp_core.diagnosis import Progress

LONG_SECONDS = 20.0
"""If the estimate is above this, the reader has to start the collection of evidence."""

_KEPT = 32
_KEPT_UNSEEN = 2  # each may hold 20 MB of parameters and records


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    return Workers(threads=1, keep=_KEPT, keep_unseen=_KEPT_UNSEEN)


def estimated_seconds(choice: Choice) -> float:
    """Returns an estimate without compilation, accurate to a factor of three."""
    return stretches.seconds_of_evidence(choice.settings)


def _gathered(choice: Choice) -> "Generator[Progress, None, None]":
    from mlp_core import diagnosis

    yield from diagnosis.collect_chunks(choice.settings, choice.fixes)


jobs = PerRun(_workers, _gathered)
