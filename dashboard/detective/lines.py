"""Lines of the case's program: a part to choose, and what stands there, without its comments."""

import streamlit as st

from dashboard.detective import state
from dashboard.switches import SWITCH
from mlp_core.game import COSTS, Case

_PART = "detective_part"
_PROBE = "lines "
"""What the name of a probe begins with that shows lines; a switch follows."""


def cost(name: str) -> int:
    """Returns what a probe costs where it is not free, be it of lines or another one."""
    return COSTS["lines" if name.startswith(_PROBE) else name]


def draw_offer(case: Case) -> None:
    """Draws the choice of a part that was not read yet."""
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
            f"Read its lines · {COSTS['lines']}",
            on_click=state.probe,
            args=(_PROBE + part,),
            key="probe_lines",
        )


def draw(case: Case, name: str) -> None:
    """Draws the lines that a probe shows."""
    from mlp_core import program

    switch = name.removeprefix(_PROBE)
    st.markdown(f"**{SWITCH[switch].part}**")
    code = program.excerpt(case.settings, case.fixes, switch)
    st.code(without_comments(code), language="python", wrap_lines=True)


def without_comments(code: str) -> str:
    """Returns lines of a program without its comments, which name the bugs."""
    kept = [line.partition("  #")[0] for line in code.splitlines()]
    return "\n".join(line for line in kept if not line.lstrip().startswith("#"))
