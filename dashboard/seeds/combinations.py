"""The chart of all combinations: sorted rows on pages; a click opens a run in the Lab."""

import pandas as pd
import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas, words
from dashboard.seeds import combinations_chart, combinations_tables, sentences
from dashboard.seeds.view import View, open_in_lab
from dashboard.shell import grammar, one_of

CHART_KEY = "combinations"
_ROWS_KEY = "rows"
_SORT_NAMES = {
    "median": "by median",
    "nan": "by share of NaN",
    "fixes": "by number of fixes",
    "switches": "by switches",
}


def show(view: View) -> None:
    """Draws the sort order, the page selection, the chart, and its legend."""
    ranks = combinations_tables.ranked(
        combinations_tables.summary(view.grid, view.choice.fixes), _sort()
    )
    rows = combinations_tables.page_of(ranks, _page(ranks))
    seeds = combinations_tables.seeds(rows, view.grid)
    seed = view.choice.settings.seed
    canvas.draw(
        combinations_chart.combinations(len(view.switches), len(rows)),
        {
            "rows": rows,
            "dots": combinations_tables.dots(rows, view.grid, view.switches),
            "seeds": seeds,
            "own": combinations_tables.own(seeds, seed),
            "heads": combinations_tables.heads(view.switches),
        },
        key=CHART_KEY,
        alt="A row for each combination: its switches as dots, its median val loss, the share of "
        "its runs that ended in NaN, and the losses of all seeds.",
        on_select=lambda: _open_clicked(view),
        full=lambda: combinations_tables.readable(ranks),
    )
    st.caption(f"{sentences.legend(seed, view.grid.seeds)} {words.RULE}")
    st.caption(sentences.provenance(view.grid, view.made))


def _sort() -> str:
    """Draws the heading and the choice of a sort order. Returns the sort order."""
    with st.container(horizontal=True, vertical_alignment="center", key="sorting"):
        st.markdown("**All combinations** and all seeds", width="stretch")
        orders = grammar.options("sort")
        return st.selectbox(
            "Sort by",
            orders,
            orders.index(st.session_state["sort"]),
            format_func=_SORT_NAMES.__getitem__,
            key="sort",
            persist_state="session",
            width=170,
            label_visibility="collapsed",
        )


def _page(ranks: pd.DataFrame) -> int:
    """Draws the choice of a page of rows if there are several. Returns its index, from 0."""
    if not ranks["mine"].any():
        st.caption(
            "Your combination has a fix beyond the post. To see it here, include these fixes above."
        )
    size = grammar.ROWS_PER_PAGE
    if len(ranks) <= size:
        return 0
    names = grammar.options(_ROWS_KEY)[: len(ranks) // size]
    with st.container(horizontal=True, vertical_alignment="center", key="pages"):
        chosen = one_of.choose("Rows", names, _ROWS_KEY)
        # One row, or none if the reader's combination is not in the grid.
        for mine in ranks.loc[ranks["mine"], "rank"]:
            st.button(
                f"Your row: {mine}",
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
    selection = st.session_state[CHART_KEY].selection
    for picked in selection.get("run", []):
        fixes = Choice.of_code(picked["code"]).fixes
        open_in_lab(view, fixes, picked.get("seed"))
