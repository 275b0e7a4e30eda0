"""The way from any page to a run in the Lab."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import sidebar

_LEAVES = "leaves_for_the_lab"


def open_run(choice: Choice) -> None:
    """Sets the sidebar to a run and leaves for the Lab. Only for callbacks."""
    sidebar.show(choice)
    st.session_state[_LEAVES] = True


def button(choice: Choice, key: str, label: str = "Open in the Lab") -> None:
    """Draws what opens a run in the Lab."""
    st.button(
        label,
        on_click=open_run,
        args=(choice,),
        icon=":material/science:",
        type="tertiary",
        key=key,
    )


def is_asked() -> bool:
    """Returns, once, whether a callback has chosen a run to open in the Lab."""
    return bool(st.session_state.pop(_LEAVES, False))
