"""Puts a chart on the page, its table one click away, at the least cost from click to click."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard.draw import twin, wide

Tables = Mapping[str, pd.DataFrame]


def draw(
    spec: dict[str, Any],
    tables: Tables,
    key: str,
    alt: str,
    *,
    on_select: Callable[[], None] | Literal["ignore"] = "ignore",
    full: Callable[[], pd.DataFrame] | None = None,
) -> None:
    """Draws a chart, or gives new tables to the one that stands there already; its table below.

    Args:
      spec: a Vega-Lite specification whose data are named.
      tables: for each of these names its rows. The first has what the chart is about.
      key: stays the same from run to run, so that the browser keeps the chart. Its words name the
        chart to those who listen.
      alt: the chart in words. Like `spec` it should not change from run to run: the browser would
        build the chart anew, which costs more than all else in a click.
      on_select: is called when the reader picks something in the chart.
      full: returns the table to read, where the first of `tables` is thinned or hard to read.
    """
    whole = spec | {"datasets": dict(tables)}
    with st.container(gap=None):
        st.vega_lite_chart(spec=whole, key=key, alt=alt, on_select=on_select)
        _draw_twin(key, alt, full or (lambda: twin.readable(spec, next(iter(tables.values())))))


def _draw_twin(key: str, alt: str, table: Callable[[], pd.DataFrame]) -> None:
    """Draws what opens the table. Its rows are made and sent only when it is open."""
    opened = st.expander(
        f"Table *of {twin.name(key)}*",
        icon=":material/table:",
        type="compact",
        key=f"twin_{key}",
        on_change="rerun",
    )
    if opened.open:
        with opened:
            wide.table(table(), f"twin_{key}", f"The numbers of a chart. {alt}", hide_index=True)
