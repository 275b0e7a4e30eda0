"""The Lab's comparison: the run's val loss beside those of the stages and the pinned runs."""

from math import floor, log10
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import codes
from dashboard.choice import Choice
from dashboard.draw import canvas, words
from dashboard.lab import charts, sentences, tables
from dashboard.shell import pins
from dashboard.work import runs

if TYPE_CHECKING:
    from mlp_core.engine.training import Run

_COMPARE = "compare_settings"


def others(choice: Choice) -> list[Choice]:
    """Returns the runs to compare with: short ones always, long ones if the reader asked."""
    asked = _asked_for_comparison(choice)
    return [
        other
        for other in _comparable(choice)
        if asked or runs.estimated_seconds(other.settings) < runs.LONG_SECONDS
    ]


def draw(choice: Choice, run: "Run", running: bool) -> None:
    """Draws the bars, and below them where the run stands or what trains the others.

    Args:
      running: whether the run trains on.
    """
    beside = _comparable(choice)
    # Looked up before the bars: a run that ends in between must not count as one without a loss.
    missing = [other for other in beside if runs.known(other) is None]
    known = {name: runs.known(stage) for name, stage in runs.stages(choice.settings).items()}
    pinned = pins.trained(choice.settings)

    table = tables.bars(choice, known, run, pinned)
    canvas.draw(
        charts.val_loss_bars(*_axis(table["val_loss"])),
        {"bars": table},
        key="val_loss_bars",
        alt="The val loss of v1, each stage, this run and the pinned ones as bars on a log scale, "
        "with the number at each.",
    )
    if running:
        return
    if not missing:
        st.caption(sentences.standing(run, tables.beside(choice, known, pinned)))
        return
    if set(missing) <= set(others(choice)):
        st.caption(
            f"Training the runs to compare with: {len(beside) - len(missing)} of {len(beside)}."
        )
        if _asked_for_comparison(choice):
            st.button("Stop", on_click=_stop_comparison, args=(choice,), key="stop_stages")
        return
    seconds = sum(runs.estimated_seconds(other.settings) for other in missing)
    what = "stages and pins" if pins.pinned() else "stages"
    st.button(
        f"Train the {what} too (about {words.duration(1000 * seconds)})",
        on_click=_ask_for_comparison,
        args=(choice,),
        key="train_stages",
    )


def _comparable(choice: Choice) -> list[Choice]:
    return [*runs.stages(choice.settings).values(), *pins.pinned()]


def _ask_for_comparison(choice: Choice) -> None:
    st.session_state[_COMPARE] = _settings_code(choice)
    for other in _comparable(choice):
        runs.begin(other)


def _stop_comparison(choice: Choice) -> None:
    st.session_state.pop(_COMPARE, None)
    for other in _comparable(choice):
        runs.stop(other)


def _asked_for_comparison(choice: Choice) -> bool:
    return bool(st.session_state.get(_COMPARE) == _settings_code(choice))


def _settings_code(choice: Choice) -> str:
    return codes.code(Choice(settings=choice.settings))


def _axis(losses: pd.Series) -> tuple[float, float]:
    """Returns the ends of the bars' axis in steps, so that the chart is seldom built anew."""
    losses = losses.dropna()
    smallest = min(float(losses.min()) / 1.5, 0.1) if len(losses) else 0.1
    largest = max(float(losses.max()) * 4, 30.0) if len(losses) else 30.0
    return 10.0 ** floor(log10(smallest)), largest if largest > 60 else 60.0
