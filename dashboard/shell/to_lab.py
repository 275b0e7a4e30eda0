"""Opens a run in the Lab from any page."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import sidebar

_LEAVES = "leaves_for_the_lab"


def open_run(choice: Choice) -> None:
    """Sets the sidebar to a run and opens the Lab. Only for callbacks."""
    sidebar.show(choice)
    st.session_state[_LEAVES] = True


def button(choice: Choice, key: str, label: str = "Open in the Lab") -> None:
    """Draws the button that opens a run in the Lab."""
    st.button(
        label,
        on_click=open_run,
        args=(choice,),
        icon=":material/science:",
        type="tertiary",
        key=key,
    )


def is_asked() -> bool:
    """Returns whether a callback has requested the Lab, and clears the request."""
    return bool(st.session_state.pop(_LEAVES, False))
