"""Below the Lattice's first view: one tab for each way to look closer."""

import streamlit as st

from dashboard.lattice import numbers, order, step
from dashboard.lattice.view import View

TABS = {"Order": order.show, "One step": step.show, "Numbers": numbers.show}


def show(view: View) -> None:
    """Draws the tabs; only what the open one holds is computed."""
    order.chosen(view)  # the link keeps the order whichever tab is open
    opened = st.tabs(tuple(TABS), key="view", on_change="rerun", bind="query-params")
    for tab, draw in zip(opened, TABS.values(), strict=True):
        if tab.open:
            with tab:
                draw(view)
