"""The program of a case: the choice of a part, and the code of that part without comments."""

import streamlit as st

from dashboard.detective import state
from dashboard.switches import SWITCH
from mlp_core.game import COSTS, Case

_PART = "detective_part"
_PROBE = "lines "
"""The prefix of the names of probes that show code. The name of a switch follows."""


def cost(name: str) -> int:
    """Returns the cost of a probe in points, for a level in which it is not free."""
    return COSTS["lines" if name.startswith(_PROBE) else name]


def draw_offer(case: Case) -> None:
    """Draws the choice among the parts that the reader has not seen yet."""
    parts = [
        switch
        for switch in case.level.suspects
        if SWITCH[switch].part and _PROBE + switch not in state.probed()
    ]
    if not parts:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="lines"):
        part = st.selectbox(
            "Part of the program",
            parts,
            format_func=lambda name: SWITCH[name].part,
            key=_PART,
            width=300,
        )
        st.button(
            f"Show its code · {COSTS['lines']}",
            on_click=state.probe,
            args=(_PROBE + part,),
            key="probe_lines",
        )


def draw(case: Case, name: str) -> None:
    """Draws the code that a probe shows."""
    from mlp_core import program

    switch = name.removeprefix(_PROBE)
    st.markdown(f"**{SWITCH[switch].part}**")
    code = program.excerpt(case.settings, case.fixes, switch)
    st.code(without_comments(code), language="python", wrap_lines=True)


def without_comments(code: str) -> str:
    """Returns code without comments, because the comments name the bugs."""
    kept = [line.partition("  #")[0] for line in code.splitlines()]
    return "\n".join(line for line in kept if not line.lstrip().startswith("#"))
