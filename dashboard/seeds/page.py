"""The layout of the Seeds page: the answer, fixes, pairs, combinations, and one of three parts."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas
from dashboard.seeds import charts, combinations, numbers, order, sentences, source, step, tables
from dashboard.seeds.axes import UNDER_UNTITLED, high
from dashboard.seeds.view import View
from dashboard.shell import glossary, grammar, one_of
from dashboard.switches import BEYOND
from dashboard.work import grids

if TYPE_CHECKING:
    from mlp_core.analysis.scores import Unit

QUESTION = "Which fix matters, whatever the order and the seed?"

_ROW_HEIGHT = {False: 48, True: 40}
_PAIR_HEIGHT = {False: 36, True: 28}


def show(choice: Choice) -> None:
    """Draws the page for the settings of a run, once there is a grid."""
    view = _draw_top(choice)
    if view is not None:
        names = grammar.options("view")
        parts = dict(zip(names, (order.show, step.show, numbers.show), strict=True))
        parts[one_of.choose("Details", names, "view")](view)


def _draw_top(choice: Choice) -> View | None:
    """Draws the top of the page. Returns its view, or None if there is no grid yet."""
    answer = st.container(key="answer")
    unit, with_beyond = _controls()
    shown = source.show(choice.settings, with_beyond)
    if shown is None:
        return None
    view = _view(choice, shown, unit, with_beyond)
    with answer:
        worth = sentences.answer(view.effects, view.verdicts, unit, len(view.grid.seeds))
        glossary.write(f"{worth} {sentences.failures(view.grid, view.switches)}")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _draw_values(view)
        _draw_interactions(view)
    with right:
        combinations.show(view)
    return view


def _controls() -> "tuple[Unit, bool]":
    """Draws the controls. Returns the unit, and whether to include the fixes beyond the post."""
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        one_of.choose("Unit", grammar.options("unit"), "unit", shown=sentences.UNITS.__getitem__)
        source.control()
        with_beyond = st.toggle(
            "Include fixes beyond the post",
            st.session_state["with_beyond"],
            key="with_beyond",
            persist_state="session",
            help=f"Adds {sentences.names(BEYOND)}, which the post does not have.",
        )
    return st.session_state["unit"], with_beyond


def _view(choice: Choice, shown: source.Source, unit: "Unit", with_beyond: bool) -> View:
    from mlp_core.analysis.effects import shapley

    effects = shapley(shown.grid, unit, grids.switches(with_beyond))
    return View(choice, shown.grid, shown.made, unit, with_beyond, effects)


def _draw_values(view: View) -> None:
    st.markdown("**Effect of each fix**, over all orders", help=sentences.WORTH)
    values = tables.values(view.effects, view.verdicts, view.unit)
    canvas.draw(
        charts.values(view.unit) | high(len(view.switches), _ROW_HEIGHT[view.with_beyond]),
        {"values": values, "nothing": tables.nothing(view.unit)},
        key="values",
        alt="The effect of each fix over all orders, with its 95% interval. The sentence above "
        "summarizes it.",
        full=lambda: tables.readable_values(values),
    )


def _draw_interactions(view: View) -> None:
    from mlp_core.analysis.effects import interactions

    matrix = interactions(view.grid, view.unit, view.switches)
    pairs = tables.interactions(matrix, view.switches, view.unit)
    st.markdown(f"**Pairs:** {sentences.pair_signs(view.unit)}", help=sentences.PAIRS)
    canvas.draw(
        charts.interactions()
        | high(len(view.switches) - 1, _PAIR_HEIGHT[view.with_beyond], UNDER_UNTITLED),
        {"pairs": pairs},
        key="pairs",
        alt="A matrix of all pairs of fixes that compares the joint effect with the separate "
        "effects. The sentences below name the strongest pairs.",
        full=lambda: tables.readable_pairs(pairs),
    )
    st.caption(sentences.together(matrix, view.switches, view.unit, len(view.grid.seeds)))
