"""Controls that show a value which other controls change as well, such as the stage.

If the reader clicks another control first, the browser may send what such a control showed before,
because it has not received the new value yet. That is no click on this control. So a control gets
another key, which makes it a new control for the browser, whenever its value changes elsewhere. Its
callback gets the value that it showed: the reader has clicked only if its value is another one.
"""

from typing import Any

import streamlit as st

_NUMBERS = "mirror_numbers"


def key(name: str, value: Any) -> str:
    """Returns the key for a control that is now drawn with this value.

    Args:
      name: the key of the control the first time that a session draws it.
      value: for a choice of several options, a list in any order.
    """
    numbers: dict[str, int] = st.session_state.setdefault(_NUMBERS, {})
    if name not in numbers:
        numbers[name] = 0
    else:
        last = _numbered(name, numbers[name])
        if last not in st.session_state or _unordered(st.session_state[last]) != _unordered(value):
            numbers[name] += 1
    return _numbered(name, numbers[name])


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name


def _unordered(value: Any) -> Any:
    return frozenset(value) if isinstance(value, list) else value
