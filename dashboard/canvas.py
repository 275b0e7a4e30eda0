"""Puts a chart on the page in the way that costs least from click to click."""

from typing import Any

import pandas as pd
import streamlit as st


def draw(spec: dict[str, Any], tables: dict[str, pd.DataFrame], key: str, alt: str) -> None:
    """Draws a chart, or gives new tables to the one that stands there already.

    Args:
      spec: a Vega-Lite specification whose data are named.
      tables: for each of these names its rows.
      key: stays the same from run to run, so that the browser keeps the chart.
      alt: the chart in words. Like `spec` it should not change from run to run: the browser would
        build the chart anew, which costs more than all else in a click.
    """
    st.vega_lite_chart(spec=spec | {"datasets": tables}, key=key, alt=alt)
