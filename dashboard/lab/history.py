"""The run that the Lab showed before the present one."""

from typing import NamedTuple

import streamlit as st

from dashboard.choice import Choice

_NOW = "run_now"
_BEFORE = "run_before"


class Shown(NamedTuple):
    """A run that was on the page."""

    code: str
    val_loss: float
    drawn: tuple[object, ...]
    """The settings that determine its examples (`Settings.drawn`)."""


def last() -> Choice | None:
    """Returns the run that was on the page last; None if there is none, or its file is closed."""
    return _noted(_NOW)


def before() -> Choice | None:
    """Returns the run that was on the page before the last one; None as for `last`."""
    return _noted(_BEFORE)


def remember(choice: Choice, val_loss: float) -> None:
    """Notes which run is on the page now."""
    now = (choice.code, val_loss, tuple(choice.settings.drawn))
    last = st.session_state.get(_NOW)
    if last is None or last[0] != now[0]:
        st.session_state[_BEFORE] = last
    st.session_state[_NOW] = now  # also if the same run was trained further


def previous() -> Shown | None:
    """Returns the record of the run before the last one, None if there was none."""
    before = st.session_state.get(_BEFORE)
    return Shown(*before) if before else None


def _noted(key: str) -> Choice | None:
    noted = st.session_state.get(key)
    try:
        return Choice.of_code(noted[0]) if noted else None
    except ValueError:
        return None
