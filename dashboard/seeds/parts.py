"""The tabs below the top of the Seeds page."""

import streamlit as st

from dashboard.seeds import numbers, order, step
from dashboard.seeds.view import View
from dashboard.shell import grammar


def show(view: View) -> None:
    """Draws the tabs. Only the content of the open tab is computed."""
    opened = st.tabs(grammar.options("view"), key="view", on_change="rerun")
    for tab, draw in zip(opened, (order.show, step.show, numbers.show), strict=True):
        if tab.open:
            with tab:
                draw(view)
