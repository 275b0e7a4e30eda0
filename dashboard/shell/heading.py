"""A page's question, and the actions that every view of a run has: pin it, link to it."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import lessons, pins, sidebar, url
from mlp_core.tasks import OWN

_OPEN = "open_dialog"
_MENU = "more"
_LINK = "This link shows exactly this view, including the pinned runs."
_LINK_WITHOUT_FILE = (
    "The link cannot contain your CSV file. Whoever opens the link is asked for the file and "
    "chooses its columns again. Pinned runs on the file are not in the link."
)


def show(
    question: str,
    choice: Choice | None = None,
    watch: bool = False,
    more: Mapping[str, Callable[[], None]] | None = None,
) -> None:
    """Draws the question and the actions beside it.

    Args:
      choice: the run on the page, which can be pinned; None if the page shows several.
      watch: whether the page has a player for this run, and so the switch that opens it.
      more: actions of this page alone, by their label in the menu.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="heading"):
        st.header(question, anchor=False)
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", key="actions"
        ):
            if watch:
                _watch_toggle()
            _opener("Copy link", ":material/link:", "copy_link")
            _menu(choice, more or {})
    # A dialog stays open when something else runs the page again, like a timing that ends.
    if st.session_state.get(_OPEN) == "copy_link":
        _copy_link()
    elif st.session_state.get(_OPEN) == "make_lesson":
        _make_lesson()


def _watch_toggle() -> None:
    st.toggle(
        "Watch it learn",
        st.session_state["watch"],
        key="watch",
        help="Plays the run update by update: the minibatches, the network, and the loss.",
    )


def _menu(choice: Choice | None, more: Mapping[str, Callable[[], None]]) -> None:
    """Draws the menu of the actions that are rarely needed."""
    actions = dict(more) | {"Make a lesson": lambda: _open("make_lesson")}
    if choice is not None:
        if pins.is_pinned(choice):
            actions = {"Unpin this run": lambda: pins.remove(choice)} | actions
        elif not pins.is_full():
            actions = {"Pin this run": lambda: pins.add(choice)} | actions
    help = "Pin this run to compare it with others, or make a lesson for students."
    if choice is not None and pins.is_full() and not pins.is_pinned(choice):
        help = f"{pins.MOST} runs are pinned, which is the maximum. Remove one under Compare."
    st.menu_button(
        "More",
        list(actions),
        on_click=_act,
        args=(actions,),
        type="tertiary",
        icon=":material/more_horiz:",
        help=help,
        key=_MENU,
    )


def _act(actions: Mapping[str, Callable[[], None]]) -> None:
    actions.get(st.session_state[_MENU], lambda: None)()


def _opener(label: str, icon: str, key: str) -> None:
    """Draws the button that opens a dialog, which the keyboard reaches at once."""
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
    """Draws what builds a link to this view with tasks and without some controls."""
    st.markdown(
        "A link to this view that tells whoever opens it what to do, in one or several steps."
    )
    task = st.text_area(
        "Task",
        lessons.task(),
        max_chars=lessons.LONGEST,
        height=120,
        key="new_lesson_task",
        placeholder="Which switch lowers the val loss most? Say why before you try.\n"
        "Find switches that reach a val loss below 1. [val loss < 1]",
        help=f"One step on each line, up to {lessons.MOST_STEPS}. A line that ends with "
        "`[val loss < 1]` is checked: the lesson says whether the run on the page has reached it.",
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
        st.code(url.link(lesson=task, lesson_step=1, hide=hide), language=None, wrap_lines=True)
    else:
        st.caption("The link appears here as soon as there is a task, or something to hide.")
