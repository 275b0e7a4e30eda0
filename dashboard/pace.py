"""How pages and the work behind them make room for each other."""

from collections.abc import Callable
from typing import ParamSpec

import streamlit as st

from dashboard.jobs import Courtesy

P = ParamSpec("P")

AT_EASE = 4
"""So many pages at once are made without anybody noticing the others."""

LONGEST_SECONDS = 3.0
"""A live part asks at least so often, however many readers there are."""


@st.cache_resource(show_spinner=False)
def courtesy() -> Courtesy:
    """Returns what makes work step aside: two loops in Python at once would delay the page."""
    return Courtesy()


def live(draw: Callable[P, None], seconds: float) -> Callable[P, None]:
    """Returns a function that draws a part of the page, again and again until the page is redrawn.

    Args:
      seconds: how often. Less often where many pages are being made at once, so that fifty readers
        who wait for the same work do not hold it up by asking.
    """
    crowd = courtesy().pages / AT_EASE
    return st.fragment(
        draw, run_every=min(max(1.0, crowd) * seconds, max(seconds, LONGEST_SECONDS))
    )
