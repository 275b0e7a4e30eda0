"""The way from any page to a run in the Lab."""

import streamlit as st

from dashboard import sidebar
from dashboard.choice import Choice

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


def leave_if_asked() -> None:
    """Goes to the Lab if a callback has chosen a run to open there."""
    if st.session_state.pop(_LEAVES, False):
        # Streamlit refuses to clear the controls' parameters; to set none it does not mind.
        st.switch_page("pages/lab.py", query_params={})
