"""The question of a page, and its actions: pin the run, copy a link, make a lesson."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.shell import lessons, pins, sidebar, url
from mlp_core.tasks import OWN

_OPEN = "open_dialog"
_LINK = "This link opens exactly this view, including pins."
_LINK_WITHOUT_FILE = (
    "Anyone who opens this link has to upload the CSV file and choose its columns again. The link "
    "does not contain pinned runs on this file."
)


def show(question: str, choice: Choice | None = None) -> None:
    """Draws the question and the actions beside it.

    Args:
      choice: the run on the page, which can be pinned; None if the page shows several runs.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="heading"):
        st.header(question, anchor=False)
        with st.container(horizontal=True, width="content", key="actions"):
            if choice is not None:
                _pin_button(choice)
            _opener("Copy link", ":material/link:", "copy_link")
            _opener("Make a lesson", ":material/school:", "make_lesson")
    # A dialog must stay open if something else reruns the page, such as the end of a timing.
    if st.session_state.get(_OPEN) == "copy_link":
        _copy_link()
    elif st.session_state.get(_OPEN) == "make_lesson":
        _make_lesson()


def _opener(label: str, icon: str, key: str) -> None:
    """Draws the button that opens a dialog. A dialog, unlike a popover, gets the keyboard focus."""
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
    """Draws the form that creates a link to this view with a task and hidden controls."""
    st.markdown("Create a link to this view that shows a task to anyone who opens it.")
    task = st.text_area(
        "Task",
        lessons.task(),
        max_chars=lessons.LONGEST,
        height=100,
        key="new_lesson_task",
        placeholder="Which switch lowers the loss most? Explain why before you try it.",
    )
    hide = st.pills(
        "Hide in the sidebar",
        tuple(sidebar.GROUPS),
        selection_mode="multi",
        default=[group for group in sidebar.GROUPS if group in lessons.hidden()],
        format_func=sidebar.GROUPS.__getitem__,
        key="new_lesson_hidden",
        help="Hidden controls keep their current values. Anyone with the link can show them again.",
    )
    if lessons.plain(task) or hide:
        st.code(url.link(lesson=task, hide=hide), language=None, wrap_lines=True)
    else:
        st.caption("The link appears here once you enter a task or hide a group.")


def _pin_button(choice: Choice) -> None:
    pinned, full = pins.is_pinned(choice), pins.is_full()
    help = f"Keep “{words.name(choice)}” for comparison."
    if full:
        help = f"{pins.MOST} runs are pinned, which is the maximum. Unpin one under Compare."
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
