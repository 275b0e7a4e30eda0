"""Claims of the post that the numbers do not support, with numbers computed here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import to_lab
from dashboard.story import words
from dashboard.work import grids
from mlp_core import STAGES, Fixes, Settings

if TYPE_CHECKING:
    from mlp_core.engine.training import Run

LAYER_NORM = Fixes(norm_epsilon=True, norm_init=True)
BATCHES = Fixes(whole_batches=True)
KEYS_AND_BATCHES = Fixes(split_keys=True, whole_batches=True)
COMBINATIONS = (LAYER_NORM, BATCHES, KEYS_AND_BATCHES)
"""The combinations that this section needs in addition to the stages."""

QUOTED = "The quoted losses are cumulative: they are not effects of single fixes"
"""The title for the post's settings; for other settings the post quotes no losses."""


def show(settings: Settings, trained: "Mapping[Fixes, Run]") -> None:
    """Draws each claim with the numbers that test it.

    Args:
      trained: the runs of all stages and of `COMBINATIONS`.
    """
    st.header("Where the post's text and the numbers disagree", anchor="claims")
    of_post = settings == Settings()
    st.markdown(f"**{QUOTED if of_post else 'Each fix with the fixes before it, and by itself'}**")
    start = trained[STAGES["v1"]]
    for fixes, stage, what in (
        (LAYER_NORM, "norm", "LayerNorm"),
        (BATCHES, "batches", "Whole batches"),
    ):
        with st.container(horizontal=True, vertical_alignment="center", key=f"claim_{stage}"):
            together, by_itself = trained[STAGES[stage]], trained[fixes]
            st.markdown(words.alone(together, by_itself, start, what), width="content")
            to_lab.button(Choice(fixes, settings), f"open_alone_{stage}", "Open the single fix")
    st.markdown(words.adds_up(trained[KEYS_AND_BATCHES], trained[STAGES["batches"]]))
    grid = grids.stored_for(settings)
    if grid is None:
        st.caption("Results over many seeds are stored only for the post's settings.")
        return
    posts = grids.restricted(grid, with_beyond=False)
    st.markdown("**The LayerNorm init fix prevents NaN more than it lowers the loss**")
    st.markdown(words.norm_init(posts))
    st.markdown("**The LayerNorm epsilon does not prevent NaN**")
    st.markdown(words.epsilon(posts, grid))
