"""The evidence of runs: gathered once in the background, shared by all sessions, bounded."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import runs
from dashboard.choice import Choice
from dashboard.jobs import Job, Workers

if TYPE_CHECKING:
    from mlp_core.evidence import Evidence

LONGEST_SECONDS = 60.0
"""Gathering cannot be stopped half-way, so what would take longer is not begun."""

_SHARE = 4.0  # what it costs, where training alone costs 1
_KEPT = 32


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    return Workers(threads=1, keep=_KEPT)


def job(choice: Choice) -> "Job[Evidence]":
    """Returns the gathering for a run, begun if nobody has yet."""
    return _workers().start(choice, lambda: _gathered(choice))


def estimated_seconds(choice: Choice) -> float:
    """Returns about how long it takes, compiling left out. Right within a factor of three."""
    return _SHARE * runs.estimated_seconds(choice.settings)


def _gathered(choice: Choice) -> "Iterator[Evidence]":
    from mlp_core import evidence

    yield evidence.collect(choice.settings, choice.fixes)
