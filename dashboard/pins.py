"""Runs that the reader keeps for comparison, on every page and in the link."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import address, codes, runs
from dashboard.choice import Choice
from mlp_core import Settings
from mlp_core.table import is_own

if TYPE_CHECKING:
    from mlp_core.training import Run

PARAMETER = "pins"
MOST = 8

_KEY = "pinned_codes"  # the session holds codes, no objects: those would not outlive a hot reload
_SEPARATOR = "_"


def restore() -> None:
    """Takes over the pins of the link when a session begins, and keeps the link up to date."""
    if _KEY not in st.session_state:
        linked = st.query_params.get(PARAMETER, "")[:2000].split(_SEPARATOR)
        st.session_state[_KEY] = _linkable(_readable(linked))
    # A pin goes with the file it was trained on.
    st.session_state[_KEY] = _readable(st.session_state[_KEY])
    address.keep(PARAMETER, parameter())


def pinned() -> list[Choice]:
    """Returns the pinned runs, the oldest first."""
    return [codes.choice(code) for code in st.session_state[_KEY]]


def trained() -> "dict[str, Run]":
    """Returns the pinned runs that are trained, by their labels."""
    labelled = {label(place): runs.known(pin) for place, pin in enumerate(pinned())}
    return {name: run for name, run in labelled.items() if run is not None}


def is_pinned(choice: Choice) -> bool:
    """Returns whether this run is pinned."""
    return codes.code(choice) in st.session_state[_KEY]


def is_full() -> bool:
    """Returns whether no other run can be pinned."""
    return len(st.session_state[_KEY]) >= MOST


def add(choice: Choice) -> None:
    """Pins a run, unless it is pinned already or there are too many."""
    if not is_pinned(choice) and not is_full():
        st.session_state[_KEY] = [*st.session_state[_KEY], codes.code(choice)]


def remove(choice: Choice) -> None:
    """Unpins a run."""
    gone = codes.code(choice)
    st.session_state[_KEY] = [code for code in st.session_state[_KEY] if code != gone]


def parameter() -> str:
    """Returns the pins as a URL parameter; empty if there are none.

    Runs on a reader's own file stay out: a link cannot bring the file along.
    """
    return _SEPARATOR.join(_linkable(st.session_state[_KEY]))


def label(place: int) -> str:
    """Returns what the charts call the pin at this place, counted from 0."""
    return f"P{place + 1}"


def _linkable(pinned: list[str]) -> list[str]:
    return [code for code in pinned if not is_own(codes.choice(code).settings.task)]


def _readable(written: list[str]) -> list[str]:
    """Returns the codes that can be read, each once, at most as many as can be pinned."""
    found: list[str] = []
    for code in written:
        try:
            pin = codes.choice(code)
            if pin.settings.val_share == Settings().val_share:  # no control could show another
                found.append(codes.code(pin))
        except (ValueError, OverflowError):
            continue  # a link that was cut off or mistyped still shows the rest
    return list(dict.fromkeys(found))[:MOST]
