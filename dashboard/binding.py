"""Binds whole numbers to their URL parameters, unless the link holds what breaks the page."""

from math import isinf
from typing import Literal

import streamlit as st


def of_whole_number(key: str) -> Literal["query-params"] | None:
    """Returns what to pass as `bind` to a control of whole numbers.

    Streamlit puts the default in the place of any nonsense but infinity, on which it fails.
    """
    if not _is_infinite(st.query_params.get(key, "")):
        return "query-params"
    del st.query_params[key]  # bound again from the next run on
    return None


def _is_infinite(text: str) -> bool:
    try:
        return isinf(float(text))
    except ValueError:
        return False
