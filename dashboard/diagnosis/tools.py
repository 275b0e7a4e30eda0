"""Would a tool have told you? Which tool says what about which bug, as it was tried."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.diagnosis import charts, tables, words
from dashboard.draw import canvas, wide

if TYPE_CHECKING:
    from mlp_core.debuggers import Table

_SHOWN = ("tool", "catches", "shows symptoms of", "time, plain run 1", "switch it on with")


@st.cache_resource(show_spinner=False)
def _shipped() -> "Table":
    """Returns the stored table. Shared by all sessions: never change it.

    Raises:
      ValueError: if its file cannot be read.
    """
    from mlp_core import debuggers

    return debuggers.shipped()


def show() -> None:
    """Draws the matrix of tools and bugs, and what to switch on."""
    st.subheader("Would a tool have told you?", anchor="tools")
    try:
        table = _shipped()
    except ValueError as error:
        st.error(f"The table of tools cannot be read: {error}", icon=":material/error:")
        return
    matrix = tables.matrix(table)
    st.markdown(words.tools(matrix))
    canvas.draw(
        charts.tools(),
        {"cells": matrix},
        key="tools",
        alt="A matrix of tools and bugs: caught, symptom only, false alarm or silent. The table "
        "below sums it up.",
        full=lambda: tables.said(table),
    )
    st.caption(words.tools_legend(table.versions))
    st.markdown("**What to switch on in your own project,** by what it catches, then what it costs")
    wide.table(
        tables.ranking(table),
        key="ranking",
        hide_index=True,
        column_order=_SHOWN,
        height="content",
        column_config={"shows symptoms of": st.column_config.Column(width="medium")},
        alt="The tools with what each catches, shows symptoms of and takes, the best first.",
    )
