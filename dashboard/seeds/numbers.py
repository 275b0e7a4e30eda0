"""The part with the numbers behind the charts: tables and downloads."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.draw import wide
from dashboard.seeds import combinations_tables, sentences, tables
from dashboard.seeds.view import View


def show(view: View) -> None:
    """Draws the downloads and the tables. The combinations have the sort order of their chart."""
    from mlp_core.analysis.effects import interactions
    from mlp_core.analysis.grid_file import run_table

    summary = combinations_tables.summary(view.grid, view.choice.fixes)
    combinations = combinations_tables.readable(
        combinations_tables.ranked(summary, st.session_state["sort"])
    )
    with st.container(horizontal=True, key="downloads"):
        _download("All runs", "runs", lambda: run_table(view.grid))
        _download("All combinations", "combinations", lambda: combinations)
    wide.table(
        tables.readable_values(tables.values(view.effects, view.verdicts, view.unit)),
        key="values",
        hide_index=True,
        column_config={"95% interval": st.column_config.TextColumn(width=260)},
        alt="The effect of each fix over all orders, with its 95% interval and the verdict.",
    )
    matrix = interactions(view.grid, view.unit, view.switches)
    wide.table(
        tables.readable_pairs(tables.interactions(matrix, view.switches, view.unit)),
        key="pairs",
        hide_index=True,
        alt="For each pair of fixes, the joint effect compared with the separate effects.",
    )
    loss, share = (st.column_config.NumberColumn(format=f) for f in ("%.4f", "percent"))
    wide.table(
        combinations.round({"nan": 2}),
        key="combinations",
        hide_index=True,
        column_config=dict.fromkeys(combinations_tables.READABLE_LOSSES, loss)
        | {"ended in NaN": share},
        alt="All combinations with their val losses and the share of runs that ended in NaN.",
    )
    st.caption(sentences.provenance(view.grid, view.made))


def _download(label: str, name: str, table: Callable[[], pd.DataFrame]) -> None:
    st.download_button(
        f"{label} as CSV",
        lambda: table().to_csv(index=False, na_rep="NaN"),
        file_name=f"fix-by-fix-{name}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"download_{name}",
    )
