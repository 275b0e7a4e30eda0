"""A page's question, and the actions that every view of a run has: pin it, link to it."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import lessons, pins, share, sidebar, url
from dashboard.shell.glossary import TERMS

_OPEN = "open_dialog"
_CLOSED = "dialog_was_closed"
_MENU = "more"
_FOCUS_MENU = """<script>
document.querySelector(".st-key-more button")?.focus();
</script>"""


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
        st.title(question, anchor=False)
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", key="actions"
        ):
            if watch:
                _watch_toggle()
            share.draw_copy_button()
            _menu(choice, more or {})
    if st.session_state.pop(_CLOSED, False):  # the entry of the menu that had the focus is gone
        st.html(_FOCUS_MENU, unsafe_allow_javascript=True)
    # A dialog stays open when something else runs the page again, like a timing that ends.
    if st.session_state.get(_OPEN) == "share":
        _share(choice)
    elif st.session_state.get(_OPEN) == "make_lesson":
        _make_lesson()
    elif st.session_state.get(_OPEN) == "glossary":
        _glossary()


def _watch_toggle() -> None:
    st.toggle(
        "Watch it learn",
        st.session_state["watch"],
        key="watch",
        help="Plays the run update by update: the minibatches, the network, and the loss.",
    )


def _menu(choice: Choice | None, more: Mapping[str, Callable[[], None]]) -> None:
    """Draws the menu of the actions that are rarely needed."""
    actions = {
        "Share": lambda: _open("share"),
        "Make a lesson": lambda: _open("make_lesson"),
        "Look up a term": lambda: _open("glossary"),
        **more,
    }
    if choice is not None:
        if pins.is_pinned(choice):
            actions = {"Unpin this run": lambda: pins.remove(choice)} | actions
        elif not pins.is_full():
            actions = {"Pin this run": lambda: pins.add(choice)} | actions
    help = "Share this view, make a lesson for students, or look up a term."
    if choice is not None and pins.is_full() and not pins.is_pinned(choice):
        help = f"{pins.MOST} runs are pinned, the maximum. Remove one under Compare in the Lab."
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


def _open(key: str) -> None:
    st.session_state[_OPEN] = key


def _close() -> None:
    st.session_state[_OPEN], st.session_state[_CLOSED] = None, True


@st.dialog("Share this view", icon=":material/share:", on_dismiss=_close)
def _share(choice: Choice | None) -> None:
    share.show(choice)


@st.dialog("Terms", icon=":material/dictionary:", on_dismiss=_close)
def _glossary() -> None:
    for term, meaning in TERMS.items():
        st.markdown(f"**{term}:** {meaning}")


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
        help="Hidden controls keep their current values. Anyone with the link can show them again.",
    )
    if lessons.plain(task) or hide:
        st.code(url.link(lesson=task, lesson_step=1, hide=hide), language=None, wrap_lines=True)
    else:
        st.caption("The link appears here as soon as there is a task, or something to hide.")
