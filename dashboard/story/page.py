"""The layout of the Story page."""

import streamlit as st

from dashboard.choice import Choice
from dashboard.story import claims, nan, path, wall, words
from dashboard.work import needed, runs
from mlp_core import STAGES, Settings
from mlp_core.switches import REPORTED_VAL_LOSS

QUESTION = (
    f"How did the post get from {REPORTED_VAL_LOSS['v1']} to {REPORTED_VAL_LOSS['final']}, "
    "and does it hold?"
)


def show(settings: Settings) -> None:
    """Draws the page once its runs are trained. The sidebar's switches have no effect on it."""
    told = {*STAGES.values(), *claims.COMBINATIONS, *wall.COMBINATIONS}
    trained = needed.trained([Choice(fixes, settings) for fixes in told])
    if trained is None:
        return
    of_fixes = {choice.fixes: run for choice, run in trained.items()}
    barrier = runs.wall(settings)
    st.markdown(words.answer(of_fixes, barrier))
    path.show(settings, of_fixes)
    claims.show(settings, of_fixes)
    wall.show(settings, of_fixes, barrier)
    nan.show()
