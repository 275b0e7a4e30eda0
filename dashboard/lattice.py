"""The Lattice's first view: the answer, what each fix is worth, pairs, every combination."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import (
    canvas,
    codes,
    grids,
    lattice_charts,
    lattice_combinations,
    lattice_source,
    lattice_tables,
    lattice_words,
    runs,
)
from dashboard.choice import Choice
from dashboard.lattice_view import View, leave_if_asked, nothing, open_in_lab

if TYPE_CHECKING:
    from mlp_core.scores import Unit

COMBINATIONS_KEY = "combinations"
_ROWS_KEY = "rows"
_SORT_NAMES = {
    "median": "by median",
    "died": "by deaths",
    "fixes": "by number of fixes",
    "switches": "by switches",
}
_STEP = {False: 48, True: 40}


def show(choice: Choice) -> View | None:
    """Draws the first view. Returns what it shows, None if there is no grid yet."""
    leave_if_asked()
    answer = st.container(key="answer")
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        unit = st.segmented_control(
            "Count in",
            tuple(lattice_words.UNITS),
            default="log10",
            format_func=lattice_words.UNITS.__getitem__,
            required=True,
            key="unit",
            label_visibility="collapsed",
            bind="query-params",
        )
        lattice_source.control()
        with_beyond = st.toggle(
            "Include the two beyond the post", key="with_beyond", bind="query-params"
        )
    source = lattice_source.show(choice.settings, with_beyond)
    if source is None:
        return None
    view = _view(choice, source, unit, with_beyond)
    with answer:
        st.markdown(
            lattice_words.answer(view.effects, view.verdicts, unit, len(view.grid.seeds))
            + " "
            + lattice_words.deaths(view.grid, view.switches)
        )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _draw_values(view)
        _draw_interactions(view)
    with right:
        _draw_combinations(view)
    runs.settle_memory("effects")
    return view


def _view(choice: Choice, source: lattice_source.Source, unit: "Unit", with_beyond: bool) -> View:
    from mlp_core.effects import shapley

    effects = shapley(source.grid, unit, grids.switches(with_beyond))
    return View(choice, source.grid, source.versions, unit, with_beyond, effects)


def _draw_values(view: View) -> None:
    st.markdown("**What each fix is worth**, whatever the order")
    canvas.draw(
        lattice_charts.values(view.unit, len(view.switches), _STEP[view.with_beyond]),
        {
            "values": lattice_tables.values(view.effects, view.verdicts, view.unit),
            "nothing": nothing(view.unit),
        },
        key="values",
        alt="What each fix is worth over all orders, with its interval. The sentence above and "
        "the tab Numbers say the same.",
    )


def _draw_interactions(view: View) -> None:
    from mlp_core.effects import interactions

    matrix = interactions(view.grid, view.unit, view.switches)
    st.markdown(f"**Pairs:** {lattice_words.pair_signs(view.unit)}")
    canvas.draw(
        lattice_charts.interactions(len(view.switches), _STEP[view.with_beyond] - 12),
        {"pairs": lattice_tables.interactions(matrix, view.switches, view.unit)},
        key="pairs",
        alt="A matrix of all pairs of fixes with how much more or less they do together.",
    )
    st.caption(lattice_words.together(matrix, view.switches, view.unit))


def _draw_combinations(view: View) -> None:
    summary = lattice_tables.summary(view.grid, view.choice.fixes)
    with st.container(horizontal=True, vertical_alignment="center", key="sorting"):
        st.markdown("**Every combination**, every seed", width="stretch")
        sort = st.selectbox(
            "Sort by",
            lattice_tables.SORTS,
            format_func=_SORT_NAMES.__getitem__,
            key="sort",
            width=170,
            label_visibility="collapsed",
            bind="query-params",
        )
    ranks = lattice_tables.ranked(summary, sort)
    rows = lattice_tables.page_of(ranks, _page(ranks))
    seeds = lattice_tables.seeds(rows, view.grid)
    st.vega_lite_chart(
        spec=lattice_combinations.combinations(len(view.switches), len(rows))
        | {
            "datasets": {
                "rows": rows,
                "dots": lattice_tables.dots(rows, view.grid, view.switches),
                "seeds": seeds,
                "own": lattice_tables.own(seeds, view.choice.settings.seed),
                "heads": lattice_tables.heads(view.switches),
            }
        },
        key=COMBINATIONS_KEY,
        on_select=lambda: _open_clicked(view),
        alt="Every combination as a row: its switches as dots, its median val loss, how many of "
        "its runs died, and the losses of all seeds. The tab Numbers has the same as a table.",
    )
    st.caption(
        " ".join(
            (
                lattice_words.legend(view.choice.settings.seed, view.grid.seeds),
                "Click a row or a seed to open it in the Lab.",
                lattice_words.RULE,
                lattice_words.provenance(view.grid, view.versions),
            )
        )
    )


def _page(ranks: pd.DataFrame) -> int:
    """Draws the choice of a page of rows where there are several; returns it, counted from 0."""
    if not ranks["mine"].any():
        st.caption("Your combination has a fix beyond the post: include them to see it here.")
    size = lattice_tables.PAGE_ROWS
    if len(ranks) <= size:
        return 0
    names = [f"{first + 1}–{first + size}" for first in range(0, len(ranks), size)]
    mine = int(ranks.loc[ranks["mine"], "rank"].iloc[0])
    with st.container(horizontal=True, vertical_alignment="center", key="pages"):
        chosen = st.segmented_control(
            "Rows",
            names,
            default=names[0],
            required=True,
            key=_ROWS_KEY,
            label_visibility="collapsed",
            bind="query-params",
        )
        st.button(
            f"Yours is {mine}",
            on_click=_show_page,
            args=(names[(mine - 1) // size],),
            type="tertiary",
            icon=":material/my_location:",
            key="show_mine",
        )
    return names.index(chosen)


def _show_page(name: str) -> None:
    st.session_state[_ROWS_KEY] = name


def _open_clicked(view: View) -> None:
    selection = st.session_state[COMBINATIONS_KEY].selection
    for picked in selection.get("run", []):
        fixes = codes.choice(picked["code"]).fixes
        open_in_lab(view, fixes, picked.get("seed"))
