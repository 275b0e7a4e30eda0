"""The post's path by stage: the bug, its lines, its curve, and its effect in other seeds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas, seed_strip
from dashboard.draw.words import NO_CURVE, RULE
from dashboard.player import show as player
from dashboard.shell import to_lab
from dashboard.story import charts, details, tables, words
from dashboard.story.bugs import PATH, START, Stage
from dashboard.work import grids
from mlp_core import STAGES, Fixes, Settings
from mlp_core.switches import REPORTED_VAL_LOSS

if TYPE_CHECKING:
    from mlp_core.engine.grid import Grid
    from mlp_core.engine.training import Run

_METRIC_WIDTH = 170


def show(settings: Settings, trained: "Mapping[Fixes, Run]") -> None:
    """Draws v1 and each stage after it.

    Args:
      trained: the runs of all stages.
    """
    grid = grids.stored_for(settings)
    first = trained[STAGES["v1"]]
    st.header("The start: v1", anchor="v1")
    st.markdown(START)
    _draw_losses("v1", first)
    for number, stage in enumerate(PATH, 1):
        run, before = trained[stage.fixes], trained[STAGES[stage.previous]]
        st.header(f"{number} · {stage.title}", anchor=stage.name)
        st.markdown(stage.told(settings))
        _draw_losses(stage.name, run, before, stage.reported)
        moves = stage.name != "jit"
        with details.fold("Code, curve, and seeds" if moves else "Code", stage.name):
            _draw_code(stage)
            if stage.name == "batches":
                _draw_player(Choice(STAGES[stage.previous], settings))
            if moves:
                _draw_curves(stage, before, run)
                _draw_seeds(stage, grid)
    if grid is not None:
        st.caption(f"Each tick is one seed of the stored grid. {RULE}")


def _draw_curves(stage: Stage, before: "Run", run: "Run") -> None:
    curves = tables.step_curves(before, run, (stage.previous, stage.name))
    if curves.empty:
        st.info(NO_CURVE)
        return
    canvas.draw(
        charts.step_curves(),
        {"curves": curves, "ends": tables.ends(curves)},
        key=f"step_{stage.name}",
        alt=f"The val loss of the stages {stage.name} and {stage.previous} against updates, on a "
        "log scale. The numbers above are the final values.",
    )


def _draw_player(before: Choice) -> None:
    """Draws the run before the batches are filled: it moves once in an epoch."""
    if st.toggle(
        "Watch the run before this fix",
        st.session_state["watch_batches"],
        key="watch_batches",
        persist_state="session",
        help="The strip shows which minibatches of an epoch have rows.",
    ):
        player.show(before, "batches_player")


def _draw_code(stage: Stage) -> None:
    for column, label, code in zip(
        st.columns(2, gap="medium"),
        ("Before", "After"),
        (stage.before, stage.after),
        strict=True,
    ):
        column.caption(label)
        column.code(code, language="python", wrap_lines=True)


def _draw_losses(
    name: str, run: "Run", before: "Run | None" = None, in_words: str | None = None
) -> None:
    """Draws the loss that the post reports beside the computed one, and a button to the Lab.

    Args:
      before: the run of the previous stage, if there is one.
      in_words: what the post says about the stage if it gives no loss.
    """
    of_post = run.settings == Settings()
    loss = REPORTED_VAL_LOSS.get(name) if of_post else None
    with st.container(horizontal=True, vertical_alignment="center", key=f"losses_{name}"):
        if of_post:
            reported = in_words if loss is None else f"{loss:.2f}"
            st.metric("The post reports", reported, width=_METRIC_WIDTH if loss else 290)
        st.metric("Computed here", words.beside(run, loss), width=_METRIC_WIDTH)
        if before is not None:
            st.metric("Previous stage", words.ended(before), width=_METRIC_WIDTH)
        to_lab.button(Choice(STAGES[name], run.settings), f"open_{name}")


def _draw_seeds(stage: Stage, grid: "Grid | None") -> None:
    """Draws the effect of the stage's fixes in every seed of the stored grid."""
    if grid is None:
        return
    from mlp_core.analysis.paired import paired

    # The grid does not vary jit_step, because it is the only switch that never changes a loss.
    before = replace(STAGES[stage.previous], jit_step=False)
    pair = paired(grid, before, stage.added)
    st.markdown(words.holds(pair))
    rows = [grid.combinations.index(fixes) for fixes in (pair.before, pair.after)]
    before_loss, after_loss = grid.of_seeds(pair.seeds).val_loss[rows]
    canvas.draw(
        seed_strip.chart(),
        seed_strip.tables(pair.seeds, before_loss, after_loss, 10**-pair.drop),
        key=f"seeds_{stage.name}",
        alt=f"A tick for each seed: the val loss of the stage {stage.name} divided by that of the "
        "previous stage. Below 1, the stage helps. The sentence above summarizes the ticks.",
    )
