"""The choice of one value out of a few, side by side."""

from collections.abc import Callable, Sequence

import streamlit as st


def choose(
    label: str,
    options: Sequence[str],
    key: str,
    *,
    shown: Callable[[str], str] = str,
    labeled: bool = False,
    disabled: bool = False,
    help: str | None = None,
) -> str:
    """Draws the choice, and returns the chosen option.

    Without a valid value in the session, the first option is chosen. The session's value is also
    passed as the default, because a busy browser can drop the message that sets a control.

    Args:
      key: of the session's value.
      shown: returns the text of an option.
      labeled: whether the label is visible; screen readers always read it.
    """
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    st.segmented_control(
        label,
        options,
        format_func=shown,
        default=st.session_state[key],
        required=True,
        key=key,
        persist_state="session",
        disabled=disabled,
        help=help,
        label_visibility="visible" if labeled else "collapsed",
    )
    chosen: str = st.session_state[key]
    return chosen
