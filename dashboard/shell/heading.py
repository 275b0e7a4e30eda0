"""A page's question, with the actions that every view of a run has: pin it, link to it."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.shell import lessons, pins, sidebar, url
from mlp_core.tasks import OWN

_OPEN = "open_dialog"
_LINK = "This link shows the very same view, pins included."
_LINK_WITHOUT_FILE = (
    "Whoever opens this link is asked for the CSV file. Its columns are to be chosen again, and "
    "pins on it stay out of the link."
)


def show(question: str, choice: Choice | None = None) -> None:
    """Draws the question and the actions beside it.

    Args:
      choice: the run on the page, which can be pinned; None if the page shows several.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="heading"):
        st.header(question, anchor=False)
        with st.container(horizontal=True, width="content", key="actions"):
            if choice is not None:
                _pin_button(choice)
            _opener("Copy link", ":material/link:", "copy_link")
            _opener("Make a lesson", ":material/school:", "make_lesson")
    # Whatever else runs the page anew, like a timing that ends, leaves a dialog open.
    if st.session_state.get(_OPEN) == "copy_link":
        _copy_link()
    elif st.session_state.get(_OPEN) == "make_lesson":
        _make_lesson()


def _opener(label: str, icon: str, key: str) -> None:
    """Draws the button that opens a dialog: the keyboard is led into one, not into a popover."""
    st.button(label, on_click=_open, args=(key,), icon=icon, type="tertiary", key=key)


def _open(key: str) -> None:
    st.session_state[_OPEN] = key


def _close() -> None:
    st.session_state[_OPEN] = None


@st.dialog("Copy link", icon=":material/link:", on_dismiss=_close)
def _copy_link() -> None:
    st.markdown(_LINK_WITHOUT_FILE if st.session_state["task"] == OWN else _LINK)
    st.code(url.link(), language=None, wrap_lines=True)


@st.dialog("Make a lesson", icon=":material/school:", on_dismiss=_close)
def _make_lesson() -> None:
    """Draws what builds a link to this view with a task and without some controls."""
    st.markdown("A link to this very view that tells whoever opens it what to do.")
    task = st.text_area(
        "Task",
        lessons.task(),
        max_chars=lessons.LONGEST,
        height=100,
        key="new_lesson_task",
        placeholder="Which switch makes the loss fall most? Say why before you try.",
    )
    hide = st.pills(
        "Hide in the sidebar",
        tuple(sidebar.GROUPS),
        selection_mode="multi",
        default=[group for group in sidebar.GROUPS if group in lessons.hidden()],
        format_func=sidebar.GROUPS.__getitem__,
        key="new_lesson_hidden",
        help="Their values stay as they are now. Whoever opens the link can show them again.",
    )
    if lessons.plain(task) or hide:
        st.code(url.link(lesson=task, hide=hide), language=None, wrap_lines=True)
    else:
        st.caption("The link comes here once there is a task, or something to hide.")


def _pin_button(choice: Choice) -> None:
    pinned, full = pins.is_pinned(choice), pins.is_full()
    help = f"Keep “{words.name(choice)}” for comparison."
    if full:
        help = f"{pins.MOST} runs are pinned, the most there can be. Remove one under Compare."
    st.button(
        "Unpin this run" if pinned else "Pin this run",
        on_click=pins.remove if pinned else pins.add,
        args=(choice,),
        icon=":material/keep_off:" if pinned else ":material/keep:",
        type="tertiary",
        disabled=full and not pinned,
        help=None if pinned else help,
        key="pin",
    )
