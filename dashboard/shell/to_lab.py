"""Opens a run in the Lab from any page.

Three scripts take part: that of the click (`open_run`), which also makes the browser follow the
link to the Lab (`is_asked`), and the first one of the Lab (`arrive`).
"""

import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import sidebar

_LEAVES = "leaves_for_the_lab"
_ARRIVES = "arrives_in_the_lab"


def open_run(choice: Choice) -> None:
    """Sets the sidebar to a run and opens the Lab. Only for callbacks."""
    sidebar.show(choice)
    st.session_state[_LEAVES] = choice


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
    choice = st.session_state.pop(_LEAVES, None)
    if choice is not None:
        st.session_state[_ARRIVES] = choice
    return choice is not None


def arrive(page: str) -> None:
    """Sets the sidebar to the run that is being opened, if there is one and this is the Lab.

    The browser sends the values of all controls along with its request for the Lab. It may not have
    drawn the values of `open_run` yet, and then sends those from before.

    Args:
      page: the name of the page that is drawn.
    """
    choice = st.session_state.pop(_ARRIVES, None)
    if choice is not None and page == "lab":
        sidebar.show(choice)
