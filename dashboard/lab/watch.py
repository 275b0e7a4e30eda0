"""Watch it learn: the run on the page, played update by update while the reader wants to see it."""

import streamlit as st

from dashboard.lab.view import View
from dashboard.player import show as player


def show(shown: View) -> None:
    """Draws the control that opens the player, and the player while it is open."""
    with st.container(gap="xsmall", key="watch_it_learn"):
        st.toggle(
            "Watch it learn",
            st.session_state["watch"],
            key="watch",
            help="Plays the run update by update: the minibatches, the network, and the loss.",
        )
        if not shown.watched:
            return
        if shown.run.steps_done < shown.choice.settings.steps:
            st.info("The player needs a whole run. Train on to its end first.")
            return
        player.show(shown.choice)
