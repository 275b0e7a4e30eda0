"""The permanent link to what the reader sees."""

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from dashboard import pins, sidebar


def permalink() -> str:
    """Returns the address of this page with every control, pin and tab as it is now.

    What the page itself keeps in the address stays there.
    """
    parameters: dict[str, str | list[str]] = {**sidebar.changed_controls()}
    if pins.parameter():
        parameters[pins.PARAMETER] = pins.parameter()
    shared = {*sidebar.control_names(), pins.PARAMETER}
    of_page = [name for name in st.query_params if name not in shared]
    parameters |= {name: st.query_params.get_all(name) for name in of_page}
    address = urlsplit(st.context.url or "")
    return urlunsplit(
        (address.scheme, address.netloc, address.path or "/", urlencode(parameters, doseq=True), "")
    )
