"""Retracing: the input shapes of each compiled function, and what they cost."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import wide
from dashboard.speed import tables, words
from dashboard.work import timings
from mlp_core import Fixes, Settings
from mlp_core.timing.figures import Measurement

_MOST_UPDATES = 200


def show(choice: Choice, shown: Measurement | None) -> None:
    """Draws the minibatch shapes of this run, and the ways to handle a smaller minibatch.

    Args:
      shown: the measurement on the page, from this server or the stored one.
    """
    st.header("What is compiled more than once?", anchor="retracing")
    shapes, updates = _shapes(choice.settings, choice.fixes)
    st.markdown(words.shapes_seen(choice.settings, shapes, updates))
    wide.table(
        tables.functions(shapes, timings.request(choice).settings),
        key="functions",
        hide_index=True,
        height="content",
        alt="Each compiled function with its input shapes.",
    )
    if shown is None or not shown.rests:
        return
    wanted = timings.request(choice)
    are_own = (wanted.settings, wanted.fixes) == (shown.settings, shown.fixes)
    st.markdown(words.rests(shown.rests, shown.fixes, are_own))
    wide.table(
        tables.rests(shown.rests),
        key="rests",
        hide_index=True,
        height="content",
        alt="Three ways to handle a smaller minibatch, with their compilation and final losses.",
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _shapes(settings: Settings, fixes: Fixes) -> tuple[tuple[tuple[int, ...], ...], int]:
    from mlp_core.diagnosis.probing import compiled_shapes

    return compiled_shapes(settings, fixes, _MOST_UPDATES)
