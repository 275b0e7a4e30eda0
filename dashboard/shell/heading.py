"""The question of a page, and its actions: watch, copy the link, and a menu of the others."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import focus, glossary, lesson_form, pins, share

_OPEN = "open_dialog"
_CLOSED = "dialog_was_closed"
_MENU = "more"


def show(
    question: str,
    choice: Choice | None = None,
    watch: bool = False,
    more: Mapping[str, Callable[[], None]] | None = None,
) -> None:
    """Draws the question and the actions beside it.

    Args:
      choice: the run on the page, which can be pinned; None if the page shows several runs.
      watch: whether to draw the switch that opens the player of this run.
      more: the menu's additional actions on this page, by their labels.
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
            # The menu item that opened the dialog is gone. This is drawn last in its container, so
            # that nothing below changes its place, because a player would then begin anew.
            if st.session_state.pop(_CLOSED, False):
                focus.on_button(_MENU)
    # A dialog must stay open if something else reruns the page, such as the end of a timing.
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
        persist_state="session",
        help="Plays the run: the minibatches, the network, and the loss. The first updates are "
        "recorded one by one, later ones at intervals.",
    )


def _menu(choice: Choice | None, more: Mapping[str, Callable[[], None]]) -> None:
    """Draws the menu of the less frequent actions."""
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


@st.dialog("Make a lesson", icon=":material/school:", on_dismiss=_close)
def _make_lesson() -> None:
    lesson_form.show()


@st.dialog("Terms", icon=":material/dictionary:", on_dismiss=_close)
def _glossary() -> None:
    glossary.show()
