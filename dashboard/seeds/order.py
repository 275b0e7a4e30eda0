"""The part for one order of the fixes, which the reader can change."""

from itertools import chain
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.draw import canvas, words
from dashboard.seeds import charts, sentences, tables
from dashboard.seeds.axes import high
from dashboard.seeds.view import View
from dashboard.shell import focus
from dashboard.switches import SWITCH
from mlp_core import Fixes

if TYPE_CHECKING:
    from mlp_core.analysis.effects import Waterfall

_KEY = "order"
_MOVED = "moved_in_order"
_ROW_HEIGHT = 40

# Sighted readers see only the arrow; screen readers announce the whole label.
_ARROWS_ALONE = """<style>
.st-key-places button [data-testid="stMarkdownContainer"] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
</style>"""


def show(view: View) -> None:
    """Draws the order as an editable list, its waterfall, and its effects beside the averages."""
    from mlp_core.analysis.effects import waterfall

    order = chosen(view)
    fall = waterfall(view.grid, Fixes(), order, view.unit)
    st.markdown(sentences.order(fall, view.effects, view.unit))
    _draw_own_seed(view, fall)
    left, middle, right = st.columns([3, 4, 4], gap="medium")
    with left:
        _draw_list(view, order)
    with middle:
        st.markdown(f"**Val loss along this order**, from {words.loss(float(fall.loss[0]))}")
        steps = tables.waterfall(fall, view.unit)
        canvas.draw(
            charts.waterfall(view.unit) | high(len(order), _ROW_HEIGHT),
            {"steps": steps},
            key="waterfall",
            alt="The val loss before and after each fix, with the fixes turned on in this order.",
            full=lambda: tables.readable_steps(steps),
        )
    with right:
        st.markdown("**Effect** in this order ◆ and over all orders ●")
        credits = tables.credits(fall, view.effects, view.unit)
        canvas.draw(
            charts.credits(view.unit) | high(len(order), _ROW_HEIGHT),
            {"credits": credits, "nothing": tables.nothing(view.unit)},
            key="credits",
            alt="The effect of each fix in this order, beside its effect over all orders.",
            full=lambda: tables.readable_credits(credits),
        )


def _draw_own_seed(view: View, fall: "Waterfall") -> None:
    """Draws the losses of the reader's seed along the order, if the grid has that seed."""
    from mlp_core.analysis.scores import row

    seed = view.choice.settings.seed
    if seed in view.grid.seeds:
        path = [row(view.grid, fixes) for fixes in fall.path]
        losses = view.grid.of_seeds((seed,)).val_loss[path, 0]
        st.caption(sentences.one_seed(seed, losses))


def _draw_list(view: View, order: tuple[str, ...]) -> None:
    st.markdown("**Turned on in this order**")
    st.html(_ARROWS_ALONE)
    with st.container(gap=None, key="places"):
        for place, switch in enumerate(order):
            _draw_place(order, place, switch)
        if moved := st.session_state.pop(_MOVED, None):
            place, way = moved
            if (place, way) in ((0, "up"), (len(order) - 1, "down")):  # this button is disabled
                focus.on_container(f"place_{place}")
            else:
                focus.on_button(f"move_{place}_{way}")
    worth = {effect.switch: effect.mean for effect in view.effects}
    presets = {
        "Order of the post": view.switches,
        "Best first": tuple(sorted(order, key=lambda switch: -worth[switch])),
        "Reverse": order[::-1],
    }
    with st.container(horizontal=True, key="presets"):
        for label, preset in presets.items():
            st.button(
                label, on_click=_take, args=(preset,), disabled=preset == order, type="tertiary"
            )


def _draw_place(order: tuple[str, ...], place: int, switch: str) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"place_{place}"
    ):
        for way, to in (("up", place - 1), ("down", place + 1)):
            st.button(
                f"Move {sentences.fix(switch)} {way}",
                icon=f":material/arrow_{way}ward:",
                on_click=_move,
                args=(order, place, to),
                disabled=not 0 <= to < len(order),
                type="tertiary",
                key=f"move_{place}_{way}",
            )
        st.markdown(SWITCH[switch].label)


def chosen(view: View) -> tuple[str, ...]:
    """Returns the reader's order of the switches."""
    switch_of = {SWITCH[switch].short: switch for switch in view.switches}
    wanted = [switch_of[name] for name in st.session_state[_KEY] if name in switch_of]
    return tuple(dict.fromkeys(chain(wanted, view.switches)))


def _move(order: tuple[str, ...], place: int, to: int) -> None:
    """Swaps two neighbors. The focus follows the fix, so that pressing again moves it further."""
    st.session_state[_MOVED] = to, "up" if to < place else "down"
    moved = list(order)
    moved[place], moved[to] = moved[to], moved[place]
    _take(tuple(moved))


def _take(order: tuple[str, ...]) -> None:
    st.session_state[_KEY] = [SWITCH[switch].short for switch in order]
