"""A lesson: a link that sets a task in words and hides groups of the sidebar."""

import unicodedata

import streamlit as st

from mlp_core.tasks import OWN

LONGEST = 280
"""The most characters of a task."""

_TASK_KEY, _HIDDEN_KEY = "lesson", "hide"
_JOINERS = "\u200c\u200d"  # Persian words and joined emoji need them


def task() -> str:
    """Returns what the reader is to do; empty if nothing is said."""
    return str(st.session_state[_TASK_KEY])


def hidden() -> frozenset[str]:
    """Returns the groups of `sidebar.GROUPS` that the lesson hides.

    The data stay in sight while the task is a file: it is chosen there.
    """
    asks_for_file = st.session_state["task"] == OWN
    return frozenset(st.session_state[_HIDDEN_KEY]) - ({"data"} if asks_for_file else set())


def plain(text: str) -> str:
    """Returns a stranger's text in one line, cut off if long, without what does not show.

    That are control characters, and those that turn the direction of what is written after them.
    """
    spaced = " ".join(text[: 10 * LONGEST].split())
    kept = (
        letter for letter in spaced if letter in _JOINERS or unicodedata.category(letter)[0] != "C"
    )
    return "".join(kept)[:LONGEST].strip()


def leave() -> None:
    """Ends the lesson: every group of the sidebar shows again. Only for callbacks."""
    st.session_state[_TASK_KEY], st.session_state[_HIDDEN_KEY] = "", []


def draw() -> None:
    """Draws the task above the page, with a way out, if there is a lesson."""
    if not (task() or hidden()):
        return
    with st.container(border=True, gap="xxsmall", key="lesson_banner"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("A lesson, by whoever made this link")
            st.button("Leave the lesson", on_click=leave, icon=":material/logout:", type="tertiary")
        # As it stands there: a link must not bring Markdown or links of its own.
        st.text(task() or "Some controls of the sidebar are hidden.")
