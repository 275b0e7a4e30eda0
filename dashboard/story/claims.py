"""Where the post's words and the numbers part, each told from numbers computed here."""

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
"""What is told of beside the stages."""

QUOTED = "The quoted losses add up: they do not stand alone"
"""True of the post's settings, for which it quotes them."""


def show(settings: Settings, trained: "Mapping[Fixes, Run]") -> None:
    """Draws the claims.

    Args:
      trained: the runs of all stages and of `COMBINATIONS`.
    """
    st.subheader("Where the post's words and the numbers part", anchor="claims")
    of_post = settings == Settings()
    st.markdown(f"**{QUOTED if of_post else 'Each fix with those before it, and by itself'}**")
    start = trained[STAGES["v1"]]
    for fixes, stage, what in (
        (LAYER_NORM, "norm", "LayerNorm"),
        (BATCHES, "batches", "Whole batches"),
    ):
        with st.container(horizontal=True, vertical_alignment="center", key=f"claim_{stage}"):
            together, by_itself = trained[STAGES[stage]], trained[fixes]
            st.markdown(words.alone(together, by_itself, start, what), width="content")
            to_lab.button(Choice(fixes, settings), f"open_alone_{stage}", "Open it alone")
    st.markdown(words.adds_up(trained[KEYS_AND_BATCHES], trained[STAGES["batches"]]))
    grid = grids.stored_for(settings)
    if grid is None:
        st.caption("What follows from many seeds is stored for the post's settings alone.")
        return
    posts = grids.restricted(grid, with_beyond=False)
    st.markdown("**LayerNorm’s init prevents NaN more than it lowers the loss**")
    st.markdown(words.norm_init(posts))
    st.markdown("**The epsilon does not stop the NaN**")
    st.markdown(words.epsilon(posts, grid))
