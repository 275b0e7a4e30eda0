"""The permanent link to what the reader sees."""

from urllib.parse import urlencode

import streamlit as st

from dashboard import pins, sidebar


def permalink() -> str:
    """Returns the address of this page with every control, pin and tab as it is now."""
    parameters = sidebar.changed_controls()
    if pins.parameter():
        parameters[pins.PARAMETER] = pins.parameter()
    if tab := st.query_params.get("tab"):
        parameters["tab"] = tab
    address = (st.context.url or "").split("?")[0]
    return f"{address}?{urlencode(parameters)}" if parameters else address
