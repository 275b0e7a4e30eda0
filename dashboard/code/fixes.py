"""The switches beside the script, each with links to the lines that it decides."""

from collections.abc import Sequence

import streamlit as st

from dashboard.code.listing import ANCHOR
from dashboard.switches import SWITCH
from mlp_core.program.render import Line, Place, places
from mlp_core.switches import SWITCHES


def draw(lines: Sequence[Line]) -> None:
    """Draws the switches; they are those of the sidebar, close at hand."""
    for switch in SWITCHES:
        with st.container(gap=None, key=f"fix_{switch}"):
            key = f"flip_{switch}"
            st.session_state[key] = st.session_state[switch]
            st.toggle(
                SWITCH[switch].label,
                st.session_state[switch],
                key=key,
                on_change=_flip,
                args=(switch, key),
            )
            st.markdown(f":small[{_links(places(list(lines), switch))}]")


def _flip(switch: str, key: str) -> None:
    st.session_state[switch] = st.session_state[key]


def _links(found: Sequence[Place]) -> str:
    """Returns links to where a switch acts."""
    if not found:
        return "No line of its own here."
    many = len(found) > 1 or len(found[0].lines) > 1
    links = [f"[{_numbers(place)}](#{ANCHOR}{place.first})" for place in found]
    return f"{'Lines' if many else 'Line'} {', '.join(links)}"


def _numbers(place: Place) -> str:
    last = place.first + len(place.lines) - 1
    return f"{place.first}" if last == place.first else f"{place.first}–{last}"
