"""The Lab's comparison: the run's val loss beside those of the stages and the pinned runs."""

from math import floor, log10

import pandas as pd
import streamlit as st

from dashboard.draw import canvas, words
from dashboard.lab import charts, sentences, tables, view
from dashboard.lab.view import View
from dashboard.work import runs


def draw(shown: View) -> None:
    """Draws the dots, and below them the rank of the run or the button that trains the others."""
    previous = shown.previous.val_loss if shown.previous else None
    table = tables.dots(shown.choice, shown.stages, shown.run, shown.pinned, previous)
    canvas.draw(
        charts.val_loss_dots(*_axis(pd.concat([table["val_loss"], table["before"]]))),
        {"dots": table},
        key="val_loss_dots",
        alt="The val loss of v1, each stage, this run, and the pinned runs as dots on a log scale, "
        "with its number beside each dot. A ring marks the val loss of the run shown before.",
    )
    if shown.running:
        return
    if shown.missing:
        _draw_missing(shown)
    else:
        beside = tables.beside(shown.choice, shown.stages, shown.pinned)
        st.caption(sentences.standing(shown.run, beside))


def _draw_missing(shown: View) -> None:
    """Draws the progress of the runs to compare with, or the button that trains them."""
    if set(shown.missing) <= set(view.others(shown.choice)):
        total = len(shown.comparable)
        trained = total - len(shown.missing)
        st.caption(f"Training the runs to compare with: {trained} of {total}.")
        if view.is_comparison_asked(shown.choice):
            st.button(
                "Stop", on_click=view.stop_comparison, args=(shown.choice,), key="stop_stages"
            )
        return
    seconds = sum(runs.estimated_seconds(other.settings) for other in shown.missing)
    what = "stages and pins" if len(shown.comparable) > len(shown.stages) else "stages"
    st.button(
        f"Train the {what} too (about {words.duration(1000 * seconds)})",
        on_click=view.ask_for_comparison,
        args=(shown.choice,),
        key="train_stages",
    )


def _axis(losses: pd.Series) -> tuple[float, float]:
    """Returns the ends of the axis, rounded so that the browser rarely has to rebuild the chart."""
    losses = losses.dropna()
    smallest = min(float(losses.min()) / 1.5, 0.1) if len(losses) else 0.1
    largest = max(float(losses.max()) * 4, 30.0) if len(losses) else 30.0
    return 10.0 ** floor(log10(smallest)), largest if largest > 60 else 60.0
