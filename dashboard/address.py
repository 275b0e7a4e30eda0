"""Keeps what is in the address, and so in every link, as the page has it."""

import streamlit as st


def keep(name: str, value: str) -> None:
    """Gives a URL parameter its value; an empty one leaves it out.

    Not for callbacks: what they write to the address does not reach the browser.
    """
    if value == st.query_params.get(name, ""):
        return
    if value:
        st.query_params[name] = value
    else:
        del st.query_params[name]
