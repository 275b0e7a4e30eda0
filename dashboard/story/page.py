"""The layout of the Story page."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import glossary, sidebar
from dashboard.story import claims, nan, path, wall, words
from dashboard.work import needed, runs
from mlp_core import STAGES, Settings
from mlp_core.switches import REPORTED_VAL_LOSS

QUESTION = (
    f"How did the post get from {REPORTED_VAL_LOSS['v1']} to {REPORTED_VAL_LOSS['final']}, "
    "and does it hold?"
)


def _draw_other_settings(settings: Settings) -> None:
    """Draws that these are not the post's data and settings, and the way back to them."""
    if settings == Settings():
        return
    with st.container(horizontal=True, vertical_alignment="center", key="not_the_post"):
        st.info(
            "This is the post's path with your data and settings, so the losses are not the "
            "post's.",
            icon=":material/info:",
        )
        st.button(
            "Return to the post's",
            on_click=_return_to_post,
            icon=":material/restart_alt:",
            key="return_to_post",
        )


def _return_to_post() -> None:
    sidebar.show(Choice(sidebar.chosen_fixes()))


def show(settings: Settings) -> None:
    """Draws the page once its runs are trained. The sidebar's switches have no effect on it."""
    _draw_other_settings(settings)
    told = {*STAGES.values(), *claims.COMBINATIONS, *wall.COMBINATIONS}
    trained = needed.trained([Choice(fixes, settings) for fixes in told])
    if trained is None:
        return
    of_fixes = {choice.fixes: run for choice, run in trained.items()}
    barrier = runs.wall(settings)
    glossary.write(words.answer(of_fixes, barrier))
    path.show(settings, of_fixes)
    claims.show(settings, of_fixes)
    wall.show(settings, of_fixes, barrier)
    nan.show()
