"""The run a reader saw before the present one."""

from typing import NamedTuple

import streamlit as st

from dashboard import codes
from dashboard.choice import Choice
from dashboard.draw import words

_NOW = "run_now"
_BEFORE = "run_before"


class Shown(NamedTuple):
    """A run that was on the page."""

    code: str
    name: str
    val_loss: float
    drawn: tuple[object, ...]
    """What decided its examples (`Settings.drawn`)."""


def last() -> Choice | None:
    """Returns the run that was on the page last; None if there is none, or its file is closed."""
    try:
        return codes.choice(st.session_state[_NOW][0])
    except (KeyError, ValueError):
        return None


def remember(choice: Choice, val_loss: float) -> Shown | None:
    """Notes which run is on the page now, and returns the one before it if there was one."""
    now = (codes.code(choice), words.name(choice), val_loss, tuple(choice.settings.drawn))
    last = st.session_state.get(_NOW)
    if last is None or last[0] != now[0]:
        st.session_state[_BEFORE] = last
        st.session_state[_NOW] = now
    before = st.session_state[_BEFORE]
    return Shown(*before) if before else None
