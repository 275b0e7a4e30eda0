"""Why the loss stops falling: the lower bound of a network that ignores the length of its input."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas, predictions
from dashboard.player import show as player
from dashboard.shell import to_lab
from dashboard.story import charts, details, tables, words
from dashboard.work import runs
from mlp_core import STAGES, Fixes, Settings
from mlp_core.tasks import FORMULAS

if TYPE_CHECKING:
    from mlp_core.analysis.wall import Wall
    from mlp_core.engine.training import Run

BIAS_KEY = "wall_bias"
FACTORS = np.geomspace(0.25, 4.0, 33)
WITHOUT_BIAS = STAGES["final"]
WITH_BIAS = replace(WITHOUT_BIAS, bias_before_norm=True)
COMBINATIONS = (WITHOUT_BIAS, WITH_BIAS)
"""The combinations that this section needs."""


def show(settings: Settings, trained: "Mapping[Fixes, Run]", wall: "Wall") -> None:
    """Draws the lower bound, an input at many lengths, and the switch that removes the bound.

    Args:
      trained: the runs of `COMBINATIONS`.
    """
    without, with_bias = trained[WITHOUT_BIAS], trained[WITH_BIAS]
    st.header(words.wall_title(without, wall), anchor="wall")
    st.markdown(words.wall(wall, settings))
    bias = st.toggle(
        "Bias before LayerNorm",
        st.session_state[BIAS_KEY],
        key=BIAS_KEY,
        persist_state="session",
        help="LayerNorm normalizes W x + c with a learned c, so the length of x does not cancel.",
    )
    choice = Choice(WITH_BIAS if bias else WITHOUT_BIAS, settings)
    with st.container(horizontal=True, vertical_alignment="center", key="wall_result"):
        st.markdown(words.behind_wall(without, with_bias, wall, bias), width="content")
        to_lab.button(choice, "open_wall")
    if st.toggle(
        "Watch the network",
        st.session_state["watch_bound"],
        key="watch_bound",
        persist_state="session",
        help="Plays this run. Choose a validation row and scale its inputs: without the bias, no "
        "activation changes.",
    ):
        player.show(choice, "bound_player")
    with details.fold("Residuals, and one input at different lengths", "wall"):
        left, right = st.columns(2, gap="medium")
        with left:
            _draw_residuals(choice, trained)
        with right:
            _draw_scaled(choice, trained[choice.fixes])


def _draw_residuals(choice: Choice, trained: "Mapping[Fixes, Run]") -> None:
    """Draws the residuals. Both runs use the same scale, so the effect of the bias is visible."""
    st.markdown("**Residuals against the length of x**")
    both = {fixes: _residuals(Choice(fixes, choice.settings), trained) for fixes in COMBINATIONS}
    table = both[choice.fixes]
    if table.empty:
        st.info("Every prediction of this run is NaN.")
        return
    st.caption(predictions.spread(table["length"].to_numpy(), table["residual"].to_numpy()))
    canvas.draw(
        charts.residuals(),
        {
            "predictions": table,
            "span": pd.concat(both.values())[["length", "residual"]].agg(["min", "max"]),
            "zero": pd.DataFrame({"residual": [0.0]}),
        },
        key="wall_residuals",
        alt="The residuals of validation examples against the length of x.",
    )


def _residuals(choice: Choice, trained: "Mapping[Fixes, Run]") -> pd.DataFrame:
    return predictions.table(*runs.predictions(choice, trained[choice.fixes]))


def _draw_scaled(choice: Choice, run: "Run") -> None:
    st.markdown("**One input at different lengths**")
    settings = choice.settings
    factor = st.slider(
        "Length relative to the original",
        0.25,
        4.0,
        st.session_state["scale"],
        step=0.25,
        key="scale",
        persist_state="session",
    )
    x, targets, _ = runs.predictions(choice, run)
    inputs = FACTORS[:, None] * _input(x)
    predicted = runs.predict(choice, run, inputs)
    if not np.isfinite(predicted).all():
        st.info("Every prediction of this run is NaN.")
        return
    formula = FORMULAS.get(settings.task)
    true = formula.target(inputs) if formula and not formula.uniform else None
    scaled, now = tables.scaled(FACTORS, predicted, true, factor)
    unit = float(targets.std())
    st.caption(words.moved(predicted, unit))
    canvas.draw(
        charts.scaled_input(),
        {"scaled": scaled, "now": now, "span": tables.span(predicted, unit)},
        key="scaled_input",
        alt="The predicted and the true value of one input multiplied by 0.25 to 4. The sentence "
        "above says whether the prediction depends on the length.",
    )


def _input(x: np.ndarray) -> np.ndarray:
    """Returns, of the first ten validation examples, the one with the largest absolute sum, `[D]`.

    Scaling this example changes the target of the post's task most.
    """
    return x[:10][np.argmax(np.abs(x[:10].sum(axis=1)))]
