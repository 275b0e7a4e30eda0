"""Draws a chart and its table on the page so that updates are fast."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard.draw import twin, wide

Tables = Mapping[str, pd.DataFrame]

_PADDING = {"left": 4, "right": 6}  # pixels; without it, letters at the edges are cut off


def draw(
    spec: dict[str, Any],
    tables: Tables,
    key: str,
    alt: str,
    *,
    on_select: Callable[[], None] | Literal["ignore"] = "ignore",
    full: Callable[[], pd.DataFrame] | None = None,
) -> None:
    """Draws a chart with an expandable table below it, or updates the data of an existing chart.

    Args:
      spec: a Vega-Lite specification with named data sources.
      tables: the rows of each data source, by name. The first table is the main one.
      key: must stay the same between script runs so that the browser keeps the chart. Screen
        readers announce its words as the name of the chart.
      alt: a description of the chart. Like `spec`, it should not change between script runs:
        otherwise the browser rebuilds the chart, which is the slowest part of a click.
      on_select: called when the reader selects something in the chart.
      full: returns the readable table, if the first of `tables` is thinned or hard to read.
    """
    whole = spec | {"datasets": dict(tables), "padding": _PADDING}
    with st.container(gap=None):
        st.vega_lite_chart(spec=whole, key=key, alt=alt, on_select=on_select)
        _draw_twin(key, alt, full or (lambda: twin.readable(spec, next(iter(tables.values())))))


def _draw_twin(key: str, alt: str, table: Callable[[], pd.DataFrame]) -> None:
    """Draws the expander of the table. Its rows are computed and sent only while it is open."""
    opened = st.expander(
        f"Table *of {twin.name(key)}*",
        icon=":material/table:",
        type="compact",
        key=f"twin_{key}",
        on_change="rerun",
    )
    if opened.open:
        with opened:
            wide.table(table(), f"twin_{key}", f"The data of a chart. {alt}", hide_index=True)
