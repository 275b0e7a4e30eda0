"""Opens a run in the Lab from any page.

The callback of the click sets the sidebar (`open_run`), the script after it makes the browser
follow the link to the Lab (`is_asked`), and the first script of the Lab sets the sidebar again
(`arrive`).
"""

from time import monotonic
from typing import NamedTuple

import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import sidebar

_LEAVES = "leaves_for_the_lab"
_OPENING = "opening_in_the_lab"
_LAB = "lab"
_WITHIN_SECONDS = 30.0  # a busy browser takes seconds; later, another link has opened the Lab


class Opening(NamedTuple):
    """A run that the browser is about to open in the Lab."""

    choice: Choice
    page: str
    """The page that the reader leaves."""
    asked: float
    """The time of the click, as `monotonic` gives it."""


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


def is_asked(page: str) -> bool:
    """Returns whether a callback has requested the Lab, and clears the request.

    Args:
      page: the name of the page that is drawn.
    """
    choice = st.session_state.pop(_LEAVES, None)
    if choice is None:
        return False
    st.session_state[_OPENING] = Opening(choice, page, monotonic())
    return True


def arrive(page: str) -> None:
    """Sets the sidebar to the run that is being opened, if there is one and this is the Lab.

    The browser sends the values of all controls along with its request for the Lab. It may not have
    drawn the values of `open_run` yet, and then sends those from before.

    Args:
      page: the name of the page that is drawn.
    """
    opening: Opening | None = st.session_state.get(_OPENING)
    if opening is None or page == opening.page:  # the page may be drawn again before it is left
        return
    del st.session_state[_OPENING]
    if page == _LAB and monotonic() - opening.asked < _WITHIN_SECONDS:
        sidebar.show(opening.choice)
