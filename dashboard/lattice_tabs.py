"""Below the Lattice's first view: an order of the fixes, one step, the numbers."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard import lattice_order, lattice_step, lattice_tables, lattice_words
from dashboard.lattice_view import View

TABS = ("Order", "One step", "Numbers")


def show(view: View) -> None:
    """Draws the tabs; only what the open one holds is computed."""
    lattice_order.chosen(view)  # the link keeps the order whichever tab is open
    opened = st.tabs(TABS, key="view", on_change="rerun", bind="query-params")
    for tab, draw in zip(opened, (lattice_order.show, lattice_step.show, _numbers), strict=True):
        if tab.open:
            with tab:
                draw(view)


def _numbers(view: View) -> None:
    from mlp_core.store import run_table

    summary = lattice_tables.ranked(
        lattice_tables.summary(view.grid, view.choice.fixes), st.session_state["sort"]
    )
    values = lattice_tables.values(view.effects, view.verdicts, view.unit)
    readable = lattice_tables.readable(summary)
    with st.container(horizontal=True, key="downloads"):
        _download("Every run", "runs", lambda: run_table(view.grid))
        _download("Every combination", "combinations", lambda: readable)
    st.dataframe(
        lattice_tables.readable_values(values),
        hide_index=True,
        alt="What each fix is worth over all orders, with its interval and the verdict.",
    )
    st.dataframe(
        readable,
        hide_index=True,
        column_config={"died": st.column_config.NumberColumn(format="percent")},
        alt="Every combination with its val loss and the share of its runs that died.",
    )
    st.caption(lattice_words.provenance(view.grid, view.versions))


def _download(label: str, name: str, table: Callable[[], pd.DataFrame]) -> None:
    st.download_button(
        f"{label} as CSV",
        lambda: table().to_csv(index=False),
        file_name=f"fix-by-fix-{name}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"download_{name}",
    )
