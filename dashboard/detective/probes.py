"""Draws the probes: the results of those paid for, and a button with the cost of the others."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.detective import pictures, state, words
from dashboard.detective.pictures import PICTURES_OF
from dashboard.draw import canvas, line_charts
from dashboard.switches import SWITCH
from dashboard.work import needed
from mlp_core.game import COSTS, Case

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence

_HEIGHT = 230
_PART = "detective_part"
_LINES = "lines "
"""The prefix of the names of probes that show code. The name of a switch follows."""


def spent(case: Case) -> int:
    """Returns the total cost in points of the probes paid for."""
    return sum(_cost(name) for name in state.probed() if name not in case.level.free)


def show(case: Case, evidence: "Evidence") -> None:
    """Draws the results of the opened probes, in the order of opening, then the other probes."""
    opened = [*case.level.free, *state.probed()]
    if state.is_over() and not opened:
        return
    st.header("Look closer", anchor=False)
    readings = words.readings(evidence)
    columns = st.columns(2, gap="medium") if opened else []
    for place, name in enumerate(opened):
        with columns[place % 2], st.container(border=True, key=f"opened_{name}"):
            if name in words.PROBE:
                st.markdown(f"**{words.PROBE[name]}**")
            if name == words.SECOND_SEED:
                _draw_second_seed(case)
            elif name in words.PROBE:
                _draw_opened(name, evidence, readings[name])
            else:
                _draw_lines(case, name)
    if not state.is_over():
        _draw_offers(case, [name for name in words.PROBE if name not in opened])


def _draw_offers(case: Case, names: list[str]) -> None:
    st.markdown("Each probe costs the points on its button.")
    with st.container(horizontal=True, key="offers"):
        for name in names:
            st.button(
                f"{words.PROBE[name]} · {COSTS[name]}",
                on_click=state.probe,
                args=(name,),
                key=f"probe_{name}",
            )
    _draw_line_offer(case)


def _draw_opened(name: str, evidence: "Evidence", reading: str) -> None:
    st.markdown(reading)
    picture = PICTURES_OF[name](evidence) if name in PICTURES_OF else None
    if picture is not None and not picture.is_empty:
        canvas.draw(
            picture.spec,
            picture.tables,
            key=f"probe_chart_{name}",
            alt=f"{words.PROBE[name]}: the sentence above gives the numbers.",
        )


def _draw_second_seed(case: Case) -> None:
    choices = [
        Choice(case.fixes, case.settings),
        Choice(case.fixes, words.second_settings(case)),
    ]
    run, second = (needed.trained_one(choice) for choice in choices)
    if run is None or second is None:
        return
    st.markdown(words.second_seed(run, second))
    canvas.draw(
        line_charts.losses(_HEIGHT),
        pictures.loss_tables(run, second, "other seed"),
        key="probe_chart_second_seed",
        alt="The val and the train loss, and the val loss with another seed, on a log scale.",
    )


def _cost(name: str) -> int:
    """Returns the cost of a probe in points, for a level in which it is not free."""
    return COSTS["lines" if name.startswith(_LINES) else name]


def _draw_line_offer(case: Case) -> None:
    """Draws the choice among the parts that the reader has not seen yet."""
    parts = [
        switch
        for switch in case.level.suspects
        if SWITCH[switch].part and _LINES + switch not in state.probed()
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
            args=(_LINES + part,),
            key="probe_lines",
        )


def _draw_lines(case: Case, name: str) -> None:
    """Draws the code that a probe shows."""
    from mlp_core import program

    switch = name.removeprefix(_LINES)
    st.markdown(f"**{SWITCH[switch].part}**")
    code = program.excerpt(case.settings, case.fixes, switch)
    st.code(_without_comments(code), language="python", wrap_lines=True)


def _without_comments(code: str) -> str:
    """Returns code without comments, because the comments name the bugs."""
    kept = [line.partition("  #")[0] for line in code.splitlines()]
    return "\n".join(line for line in kept if not line.lstrip().startswith("#"))
