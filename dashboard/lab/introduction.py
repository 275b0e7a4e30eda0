"""The introduction above the Lab, which the reader can close, or the tour in its place."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw.words import loss
from dashboard.lab import tour
from dashboard.work import grids, runs
from mlp_core import Settings

_CLOSED = "introduction_closed"  # "now" until the browser has the cookie, then "before"
_COOKIE = "fix_by_fix_introduction"
_REMEMBER = """<script>
document.cookie = "fix_by_fix_introduction=closed; path=/; max-age=31536000; samesite=strict";
</script>"""


def show() -> None:
    """Draws the tour if it is open, otherwise the introduction unless the reader has closed it."""
    if tour.is_open():
        tour.show()
        return
    if st.context.is_embedded:
        return
    if st.session_state.get(_CLOSED):
        if st.session_state[_CLOSED] == "now":
            st.session_state[_CLOSED] = "before"
            st.html(_REMEMBER, unsafe_allow_javascript=True)
        return
    if st.context.cookies.get(_COOKIE) == "closed" or st.session_state["lesson"]:
        return
    with st.container(border=True, key="introduction"):
        words, actions = st.columns([3, 1], vertical_alignment="center")
        words.markdown(text())
        with actions.container(horizontal=True, horizontal_alignment="right"):
            st.button(
                "Find the first bug",
                on_click=tour.begin,
                type="primary",
                icon=":material/search:",
                help="A tour in six steps. It resets the switches and settings to the post's "
                "first program.",
                key="find_first_bug",
            )
            st.button(
                "Close",
                on_click=_close,
                type="tertiary",
                icon=":material/close:",
                key="close_introduction",
            )


def text() -> str:
    """Returns the subject of the app, with the losses of the post's first program."""
    settings = Settings()
    sizes = "-".join(map(str, (settings.num_features, *settings.hidden, 1)))
    curves, run = runs.stored_curves(Choice()), runs.known(Choice())
    ended = run.final_val_loss if run else float(curves.val_loss[-1]) if curves else None
    reached = "" if ended is None else f"It ended at loss {loss(ended)}. "
    return (
        f"*Learning JAX, good ol’ MLP* (30 Sep 2025) trained a {sizes} network to "
        f"add five numbers. {reached}Always predicting the mean gives {loss(_predict_mean())}. The "
        "author then fixed five things, one by one. Flip each fix and see what it does."
    )


def _predict_mean() -> float:
    """Returns the val loss of predicting the mean; the stored grid has it without loading JAX."""
    settings, grid = Settings(), grids.stored_for(Settings())
    if grid is None or settings.seed not in grid.seeds:
        return runs.baselines(settings).predict_mean
    return float(grid.predict_mean[grid.seeds.index(settings.seed)])


def _close() -> None:
    st.session_state[_CLOSED] = "now"
