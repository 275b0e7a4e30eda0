"""Below the charts: predictions, the comparison of pinned runs, or the numbers."""

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas, predictions, wide
from dashboard.lab import tables
from dashboard.lab.view import View
from dashboard.shell import grammar, one_of, pins, sidebar
from dashboard.work import runs

if TYPE_CHECKING:
    from mlp_core.engine.training import Run


class _Predictions(NamedTuple):
    """The tables and sentences of a run's predictions."""

    answer: str
    residuals: str
    tables: canvas.Tables


def show(shown: View) -> None:
    """Draws the choice of a part, and the chosen part."""
    names = grammar.options("tab")
    parts = dict(zip(names, (_predictions, _compare, _numbers), strict=True))
    parts[one_of.choose("Details", names, "tab")](shown)


def _predictions(shown: View) -> None:
    drawn = _scattered(shown.choice, shown.run)
    if drawn is None:
        st.info("The parameters of this network are NaN, so all its predictions are NaN.")
        return
    st.markdown(drawn.answer)
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("Dots on the dashed diagonal are exact predictions.")
        canvas.draw(
            predictions.predicted_against_true(),
            {"predictions": drawn.tables["predictions"]},
            key="predicted_against_true",
            alt="Predicted against true values of validation examples, with the diagonal.",
        )
    with right:
        st.caption(drawn.residuals)
        canvas.draw(
            predictions.residual_against_length(),
            drawn.tables,
            key="residual_against_length",
            alt="Residuals of validation examples against the length of x.",
        )


def _scattered(choice: Choice, run: "Run") -> _Predictions | None:
    """Returns the tables and sentences of the predictions, None if no prediction is finite."""
    table = predictions.table(*runs.predictions(choice, run))
    if table.empty:
        return None
    return _Predictions(
        predictions.explained(table["true"], table["residual"]),
        predictions.spread(table["length"].to_numpy(), table["residual"].to_numpy()),
        {"predictions": table, "zero": pd.DataFrame({"residual": [0.0]})},
    )


def _compare(shown: View) -> None:
    choice = shown.choice
    pinned = pins.pinned()
    if not pinned:
        st.info(
            "Choose **Pin this run** under **More** to keep a run here while you flip switches.",
            icon=":material/keep:",
        )
        return
    names = pins.names(choice.settings)
    for place, (pin, name) in enumerate(zip(pinned, names, strict=True)):
        _pin_line(place, pin, name)
    known = [
        (name, pin, other)
        for name, pin in zip(names, pinned, strict=True)
        if (other := runs.known(pin))
    ]
    labels, choices, trained = zip(("yours", choice, shown.run), *known, strict=True)
    table = tables.compared(list(choices), list(trained), list(labels))
    wide.table(
        table,
        key="compared",
        height="content",
        alt="This run and the pinned runs side by side, with their differences.",
    )


def _pin_line(place: int, pin: Choice, name: str) -> None:
    actions = (("Open", sidebar.show, "open_in_full"), ("Remove", pins.remove, "close"))
    with st.container(horizontal=True, vertical_alignment="center", key=f"pin_{place}"):
        st.markdown(f"**{name}**")
        for label, act, icon in actions:
            st.button(
                label,
                on_click=act,
                args=(pin,),
                icon=f":material/{icon}:",
                type="tertiary",
                key=f"{label.lower()}_{place}",
            )


def _numbers(shown: View) -> None:
    st.download_button(
        "Every step as CSV",
        lambda: tables.every_step(shown.run).to_csv(index=False),
        file_name="fix-by-fix.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )
    wide.table(
        tables.recorded(shown.run, shown.first, shown.pinned),
        key="recorded",
        alt="The recorded losses.",
        hide_index=True,
    )
