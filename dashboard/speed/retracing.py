"""Retracing made visible: which shapes each compiled function has seen, and what they cost."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import wide
from dashboard.speed import tables, words
from dashboard.work import timings
from mlp_core import Fixes, Settings
from mlp_core.timing.figures import Measurement

_MOST_UPDATES = 200


def show(choice: Choice, shown: Measurement | None) -> None:
    """Draws the shapes of this run's batches, and what to do with a smaller one.

    Args:
      shown: what was measured, here or elsewhere.
    """
    st.subheader("What is compiled twice?", anchor="retracing")
    shapes, updates = _shapes(choice.settings, choice.fixes)
    st.markdown(words.shapes_seen(choice.settings, shapes, updates))
    wide.table(
        tables.functions(shapes, timings.request(choice).settings),
        key="functions",
        hide_index=True,
        height="content",
        alt="Each compiled function with the shapes it has seen.",
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
        alt="Three ways to treat a smaller batch, with what each compiles and where it ends.",
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _shapes(settings: Settings, fixes: Fixes) -> tuple[tuple[tuple[int, ...], ...], int]:
    from mlp_core.diagnosis.probing import compiled_shapes

    return compiled_shapes(settings, fixes, _MOST_UPDATES)
