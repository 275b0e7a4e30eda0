"""Which debugging tools detect which bugs, from stored trials."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.diagnosis import tools_chart, words
from dashboard.draw import canvas, wide

if TYPE_CHECKING:
    from mlp_core.debuggers import Table

_SHOWN = ("tool", "catches", "shows symptoms of", "relative run time", "turn it on with")


@st.cache_resource(show_spinner=False)
def _shipped() -> "Table":
    """Returns the stored table, which all sessions share. Do not modify it.

    Raises:
      ValueError: if its file cannot be read.
    """
    from mlp_core import debuggers

    return debuggers.shipped()


def show() -> None:
    """Draws the matrix of tools and bugs, and the recommended tools."""
    st.header("Would a tool have told you?", anchor="tools")
    try:
        table = _shipped()
    except ValueError as error:
        st.error(f"The table of tools cannot be read: {error}", icon=":material/error:")
        return
    cells = tools_chart.cells(table)
    st.markdown(words.tools(cells))
    canvas.draw(
        tools_chart.chart(),
        {"cells": cells},
        key="tools",
        alt="A matrix of tools and bugs: caught, symptom, false alarm, or silent. The table below "
        "summarizes it.",
        full=lambda: tools_chart.said(table),
    )
    st.caption(words.tools_legend(table.versions))
    st.markdown(
        "**Tools for your own project,** sorted by the bugs they catch, then by their run time. A "
        "relative run time of 1 is a run without the tool."
    )
    wide.table(
        tools_chart.ranking(table),
        key="ranking",
        hide_index=True,
        column_order=_SHOWN,
        height="content",
        column_config={
            name: st.column_config.Column(width="medium")
            for name in ("catches", "shows symptoms of")
        },
        alt="The tools, best first: the bugs that each catches or shows, and its run time.",
    )
