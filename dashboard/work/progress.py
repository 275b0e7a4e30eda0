"""How far long work is, and beside it what stops it, lets it go on or begins it anew."""

from collections.abc import Callable

import streamlit as st

from dashboard.draw import words


def draw(share: float, text: str, stop: Callable[[], None], key: str, others: int = 0) -> None:
    """Draws how far work is that runs.

    Args:
      share: of the work that is done, from 0 to 1.
      stop: is called when the reader wants no more of it.
      key: the button's, after "stop_".
      others: how many others take turns with it.
    """
    _draw(share, text + words.in_turn(others), "Stop", stop, ":material/stop:", f"stop_{key}")


def draw_stopped(share: float, text: str, go_on: Callable[[], None], key: str) -> None:
    """Draws how far work had come when it was stopped; the button's key begins with "go_on_"."""
    _draw(share, text, "Go on", go_on, ":material/play_arrow:", f"go_on_{key}")


def draw_failed(what: str, error: Exception, again: Callable[[], None], key: str) -> None:
    """Draws what failed and why, and the button that begins it anew.

    Args:
      what: the beginning of the sentence.
    """
    st.error(f"{what}: {words.reason(error)}.", icon=":material/error:")
    st.button("Try again", on_click=again, key=key)


def _draw(
    share: float, text: str, label: str, action: Callable[[], None], icon: str, key: str
) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(share, text)
        st.button(label, on_click=action, icon=icon, key=key)
