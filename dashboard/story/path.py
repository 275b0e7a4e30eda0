"""The post's path, a stage at a time: the bug, its lines, its curve, and whether it holds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas, seed_strip
from dashboard.draw.words import RULE
from dashboard.player import show as player
from dashboard.shell import to_lab
from dashboard.story import charts, tables, words
from dashboard.story.bugs import PATH, START, Stage
from dashboard.work import grids
from mlp_core import STAGES, Fixes, Settings
from mlp_core.switches import REPORTED_VAL_LOSS

if TYPE_CHECKING:
    from mlp_core.engine.grid import Grid
    from mlp_core.engine.training import Run

_METRIC_WIDTH = 170


def show(settings: Settings, trained: "Mapping[Fixes, Run]") -> None:
    """Draws the stages after v1.

    Args:
      trained: the runs of all stages.
    """
    grid = grids.stored_for(settings)
    first = trained[STAGES["v1"]]
    st.subheader("The start: v1", anchor="v1")
    st.markdown(START)
    _draw_losses("v1", first)
    for number, stage in enumerate(PATH, 1):
        run, before = trained[stage.fixes], trained[STAGES[stage.previous]]
        st.subheader(f"{number} · {stage.title}", anchor=stage.name)
        st.markdown(stage.told(settings))
        _draw_code(stage)
        if stage.name == "batches":
            _draw_player(Choice(STAGES[stage.previous], settings))
        _draw_losses(stage.name, run, before, stage.reported)
        curves = tables.step_curves(before, run, (stage.previous, stage.name))
        if stage.name != "jit":
            canvas.draw(
                charts.step_curves(),
                {"curves": curves, "ends": tables.ends(curves)},
                key=f"step_{stage.name}",
                alt=f"Val loss of the stage {stage.name} over that of {stage.previous}, against "
                "updates on a log scale. The numbers above are where they end.",
            )
            _draw_seeds(stage, grid)
    if grid is not None:
        st.caption(f"Each tick is a seed of the stored grid. {RULE}")


def _draw_player(before: Choice) -> None:
    """Draws the run before the batches are filled: it moves once in an epoch."""
    if st.toggle(
        "Watch the run before this fix",
        st.session_state["watch_batches"],
        key="watch_batches",
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
    """Draws what the post reports beside what is computed here, and opens it in the Lab.

    Args:
      before: the run of the stage before, if there is one.
      in_words: what the post says of the stage where it gives no loss.
    """
    of_post = run.settings == Settings()
    loss = REPORTED_VAL_LOSS.get(name) if of_post else None
    with st.container(horizontal=True, vertical_alignment="center", key=f"losses_{name}"):
        if of_post:
            reported = in_words if loss is None else f"{loss:.2f}"
            st.metric("The post reports", reported, width=_METRIC_WIDTH if loss else 290)
        st.metric("Computed here", words.beside(run, loss), width=_METRIC_WIDTH)
        if before is not None:
            st.metric("The stage before", words.ended(before), width=_METRIC_WIDTH)
        to_lab.button(Choice(STAGES[name], run.settings), f"open_{name}")


def _draw_seeds(stage: Stage, grid: "Grid | None") -> None:
    """Draws the same step in every seed of the stored grid."""
    if grid is None:
        return
    from mlp_core.analysis.paired import paired

    # No switch but jit_step leaves the losses as they are; the grid goes without it.
    before = replace(STAGES[stage.previous], jit_step=False)
    pair = paired(grid, before, stage.added)
    st.markdown(words.holds(pair))
    rows = [grid.combinations.index(fixes) for fixes in (pair.before, pair.after)]
    before_loss, after_loss = grid.of_seeds(pair.seeds).val_loss[rows]
    canvas.draw(
        seed_strip.chart(),
        seed_strip.tables(pair.seeds, before_loss, after_loss, 10**-pair.drop),
        key=f"seeds_{stage.name}",
        alt=f"For each seed a tick: the val loss after the step to {stage.name}, divided by that "
        "before it. Left of 1 it helps. The sentence above says the same.",
    )
