"""The permanent link to what the reader sees."""

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from dashboard import pins, sidebar


def permalink() -> str:
    """Returns the address of this page with every control, pin and tab as it is now."""
    parameters = sidebar.changed_controls()
    if pins.parameter():
        parameters[pins.PARAMETER] = pins.parameter()
    if tab := st.query_params.get("tab"):
        parameters["tab"] = tab
    address = urlsplit(st.context.url or "")
    return urlunsplit(
        (address.scheme, address.netloc, address.path or "/", urlencode(parameters), "")
    )
