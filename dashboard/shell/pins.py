"""Pinned runs, which the reader keeps for comparison on every page and in the link."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.work import runs
from mlp_core import Settings
from mlp_core.tasks import is_own

if TYPE_CHECKING:
    from mlp_core.engine.training import Run

MOST = 8

_KEY = "pins"  # the session stores codes, because objects would not survive a hot reload
_SEPARATOR = "_"
_LONGEST = 2000


def drop_unreadable() -> None:
    """Drops pins on a file that is no longer available. Call this before a page is drawn."""
    st.session_state[_KEY] = _readable(st.session_state[_KEY])


def pinned() -> list[Choice]:
    """Returns the pinned runs, oldest first."""
    return [Choice.of_code(code) for code in st.session_state[_KEY]]


def names(beside: Settings) -> list[str]:
    """Returns the name of each pinned run, for a page about these settings."""
    return [words.name(pin, beside) for pin in pinned()]


def trained(beside: Settings) -> "dict[str, Run]":
    """Returns the pinned runs that are trained, by their `names`."""
    named = zip(names(beside), map(runs.known, pinned()), strict=True)
    return {name: run for name, run in named if run is not None}


def is_pinned(choice: Choice) -> bool:
    """Returns whether this run is pinned."""
    return choice.code in st.session_state[_KEY]


def is_full() -> bool:
    """Returns whether no other run can be pinned."""
    return len(st.session_state[_KEY]) >= MOST


def add(choice: Choice) -> None:
    """Pins a run, unless it is already pinned or the maximum is reached."""
    if not is_pinned(choice) and not is_full():
        st.session_state[_KEY] = [*st.session_state[_KEY], choice.code]


def remove(choice: Choice) -> None:
    """Unpins a run."""
    gone = choice.code
    st.session_state[_KEY] = [code for code in st.session_state[_KEY] if code != gone]


def written(pinned: list[str]) -> str:
    """Returns pins as text for a link, without those on an uploaded file."""
    return _SEPARATOR.join(_apart(pinned)[0])


def read(text: str) -> tuple[list[str], bool]:
    """Returns the pins in the text of a link, and whether all of the text was valid."""
    given = list(filter(None, text[:_LONGEST].split(_SEPARATOR)))
    found = _apart(given)[0]
    return found, len(text) <= _LONGEST and len(found) == len(given)


def with_own(linked: list[str]) -> list[str]:
    """Returns the pins of a link, followed by this session's pins on an uploaded file."""
    return [*linked, *_apart(st.session_state.get(_KEY, []))[1]][:MOST]


def _apart(written: list[str]) -> tuple[list[str], list[str]]:
    """Returns the pins that a link can contain, and those on an uploaded file."""
    readable = _readable(written)
    own = [code for code in readable if is_own(Choice.of_code(code).settings.task)]
    return [code for code in readable if code not in own], own


def _readable(written: list[str]) -> list[str]:
    """Returns the valid codes without duplicates, at most `MOST`."""
    found: list[str] = []
    for code in written:
        try:
            pin = Choice.of_code(code)
            if pin.settings.val_share == Settings().val_share:  # no control sets val_share
                found.append(pin.code)
        except (ValueError, OverflowError):
            continue  # a truncated or mistyped link still shows its other pins
    return list(dict.fromkeys(found))[:MOST]
