"""The run a reader saw before the present one."""

from typing import NamedTuple

import streamlit as st

from dashboard import codes, words
from dashboard.choice import Choice

_NOW = "shown_now"
_BEFORE = "shown_before"


class Shown(NamedTuple):
    """A run that was on the page."""

    code: str
    name: str
    val_loss: float


def remember(choice: Choice, val_loss: float) -> Shown | None:
    """Notes which run is on the page now, and returns the one before it if there was one."""
    now = (codes.code(choice), words.name(choice), val_loss)
    last = st.session_state.get(_NOW)
    if last is None or last[0] != now[0]:
        st.session_state[_BEFORE] = last
        st.session_state[_NOW] = now
    before = st.session_state[_BEFORE]
    return Shown(*before) if before else None
