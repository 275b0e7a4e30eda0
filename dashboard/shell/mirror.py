"""Controls that show a value which other controls change as well, such as the stage.

If the reader clicks another control first, the browser may send what such a control showed before,
because it has not received the new value yet. This is not a click on the control. So the control
gets another key, which makes it a new control for the browser, whenever its value changes
elsewhere, and its callback asks `clicked` whether the reader has changed what the control showed.

This protects the value from controls that mirror it, but not from its main control: if a browser
sends a click before it has received what a click on a mirror changed, the main controls still have
their old values, and these count.
"""

from typing import Any, NamedTuple

import streamlit as st

_NUMBERS = "mirror_numbers"
_SHOWN = "mirror_shown"
_REMEMBERED = 5
"""The number of keys of a control for which a late click counts."""


class Click(NamedTuple):
    """A reader's click on a control."""

    before: Any
    """What the control showed."""
    now: Any


def key(name: str, value: Any) -> str:
    """Returns the key for a control that is now drawn with this value.

    Args:
      name: the key of the control the first time that a session draws it.
      value: for a choice of several options, a list in any order.
    """
    numbers: dict[str, int] = st.session_state.setdefault(_NUMBERS, {})
    shown: dict[str, Any] = st.session_state.setdefault(_SHOWN, {})
    if name not in numbers:
        numbers[name] = 0
    else:
        last = _numbered(name, numbers[name])
        if last not in st.session_state or not _are_same(st.session_state[last], value):
            numbers[name] += 1
            shown.pop(_numbered(name, numbers[name] - _REMEMBERED), None)
    now = _numbered(name, numbers[name])
    shown[now] = value
    return now


def clicked(key: str) -> Click | None:
    """Returns the reader's click on a control, or None. Only for the callback of the control."""
    shown, value = st.session_state[_SHOWN], st.session_state[key]
    if key not in shown or _are_same(shown[key], value):
        return None
    click = Click(shown[key], value)
    shown[key] = value  # the next click may come before the control is drawn again
    return click


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name


def _are_same(first: Any, second: Any) -> bool:
    if isinstance(first, list) and isinstance(second, list):
        return set(first) == set(second)
    return bool(first == second)
