"""The switches beside the script, each with links to the lines that it determines."""

from collections.abc import Sequence

import streamlit as st

from dashboard.code.listing import ANCHOR
from dashboard.shell import sidebar
from dashboard.switches import SWITCH
from mlp_core.program.render import Line, Place, places
from mlp_core.switches import SWITCHES, Fixes


def draw(lines: Sequence[Line], fixes: Fixes) -> None:
    """Draws copies of the sidebar's switches, with links to their lines."""
    for switch in SWITCHES:
        with st.container(gap=None, key=f"fix_{switch}"):
            sidebar.draw_switch_again(switch, f"flip_{switch}")
            found = places(list(lines), switch)
            idle = "" if found else SWITCH[switch].idle(fixes)
            st.markdown(f":small[{idle or _links(found)}]")


def _links(found: Sequence[Place]) -> str:
    """Returns links to the lines that a switch determines."""
    if not found:
        return "No separate line in this style."
    many = len(found) > 1 or len(found[0].lines) > 1
    links = [f"[{_numbers(place)}](#{ANCHOR}{place.first})" for place in found]
    return f"{'Lines' if many else 'Line'} {', '.join(links)}"


def _numbers(place: Place) -> str:
    last = place.first + len(place.lines) - 1
    return f"{place.first}" if last == place.first else f"{place.first}–{last}"
