"""The result of a run: the answer, the player, the charts, and the metrics."""

from collections.abc import Callable
from functools import partial
from math import isfinite
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas, words
from dashboard.lab import charts, comparison, history, sentences, stopwatch, tables, view
from dashboard.lab.view import View
from dashboard.player import show as player
from dashboard.shell import glossary
from dashboard.work import pace, panel, runs
from mlp_core import Settings

POLL_SECONDS = 0.3
_METRIC_WIDTH = 170
_ROWS = "Rows trained on"


class _Lines(NamedTuple):
    """What the loss chart draws."""

    shown: tuple[str, ...]
    """The meanings in the legend."""
    tables: canvas.Tables


def show(choice: Choice) -> View | None:
    """Draws the result, and updates it while this run or one to compare with is trained.

    Returns the record of what is shown, or None until the run has ended or was stopped.
    """
    shown_at_once = runs.is_cold() and runs.stored_curves(choice) is not None
    ended = runs.wait([choice], 0 if shown_at_once else runs.patience())
    others = view.others(choice) if ended else []
    is_live = not (ended and runs.wait(others, runs.LONGEST_PATIENCE_SECONDS))
    pace.live(_draw_part, POLL_SECONDS if is_live else None)(choice, others, is_live)
    run = runs.job(choice).latest
    return view.collect(choice, run, running=False) if ended and run else None


def _draw_part(choice: Choice, others: list[Choice], is_live: bool) -> None:
    """Draws the progress of the run; reruns the whole page when the work begins or ends."""
    everything = [choice, *(others or view.others(choice))]
    if is_live == (not runs.job(choice).running and runs.wait(everything, 0)):
        st.rerun()
    _draw(choice, is_live)


def _draw(choice: Choice, is_live: bool) -> None:
    """Draws the result."""
    job = runs.job(choice)
    answer = st.container(horizontal=True, vertical_alignment="center", key="answer")
    if job.error is not None:
        again = partial(runs.begin, choice)
        with answer:
            panel.draw_failed("This run could not be trained", job.error, again, key="train_again")
        return
    running, run = job.look()
    if run is None:
        meanwhile = _draw_meanwhile(choice)
        with answer:
            if running:
                st.progress(0.0, f"Compiling for these sizes, once for all switches. {meanwhile}")
            else:
                _draw_train_on(choice, 0)
        return
    if not running:
        history.remember(choice, run.final_val_loss)
    shown = view.collect(choice, run, running)
    with answer:
        _draw_answer(shown)
    if shown.watched and not is_live:
        _draw_player(shown)
    _draw_below(shown, is_live)


def _draw_player(shown: View) -> None:
    if shown.run.steps_done < shown.choice.settings.steps:
        st.info("The player needs a complete run. Train this one to its end first.")
    else:
        player.show(shown.choice)


def _draw_below(shown: View, is_live: bool) -> None:
    """Draws a run's charts and metrics."""
    left, right = st.columns([2, 1], gap="medium")
    with left:
        _draw_curves(shown)
    with right:
        comparison.draw(shown)
    _draw_metrics(shown, is_live)


def _draw_answer(shown: View) -> None:
    """Draws the answer, or the progress while the run is trained."""
    run, steps = shown.run, shown.choice.settings.steps
    if shown.running:
        far = f"{run.steps_done:,} of {steps:,} updates"
        text = f"Training: {far}, val loss {words.loss(run.final_val_loss)}"
        st.progress(run.steps_done / steps, text + words.in_turn(shown.others_in_turn))
        st.button(
            "Stop",
            on_click=runs.stop,
            args=(shown.choice,),
            icon=":material/stop:",
            key="stop_run",
        )
        return
    previous = shown.previous.val_loss if shown.previous else None
    glossary.write(sentences.answer(run, shown.first, shown.baselines, previous))
    _draw_data(shown)
    if run.steps_done < steps:
        _draw_train_on(shown.choice, run.steps_done)


def _draw_train_on(choice: Choice, done: int) -> None:
    text = f"Train on from {done:,} of {choice.settings.steps:,}"
    st.button(
        text, on_click=runs.begin, args=(choice,), icon=":material/play_arrow:", key="train_on"
    )


def _draw_data(shown: View) -> None:
    """Draws what a reader should know about data other than the post's."""
    settings, val_loss, table = shown.choice.settings, shown.run.final_val_loss, shown.table
    if (settings.task, settings.noise) == (Settings().task, 0):
        return
    lines = [sentences.baselines_line(settings, shown.baselines)]
    if shown.scale.unit != 1 and isfinite(val_loss):
        target = table.target if table else "y"
        lines.append(sentences.in_own_units(val_loss, shown.baselines, shown.scale, target))
    if table is not None and table.has_two_values:
        lines.append(sentences.two_values(table.target))
    if settings.batch_size == settings.num_train:
        lines.append(sentences.shrunk_batch(settings))
    st.caption(" ".join(lines))


def _draw_metrics(shown: View, is_live: bool) -> None:
    choice, run, first = shown.choice, shown.run, shown.first
    with st.container(horizontal=True, key="metrics"):
        _loss_metric("Train loss", run.final_train_loss, first.final_train_loss if first else None)
        time = st.container(width=_METRIC_WIDTH, key="time")
        st.metric(
            _ROWS,
            sentences.rows_trained_on(run),
            delta_description=sentences.rows_in_words(run),
            width=_METRIC_WIDTH,
            help="The number of rows in all minibatches. A row counts each time it is used.",
        )
    stopwatch.show(choice, time, ready=not is_live)


def _loss_metric(label: str, value: float, reference: float | None) -> None:
    delta, against = _against_first(value, reference)
    st.metric(
        label,
        words.loss(value),
        delta,
        "inverse",
        delta_description=against,
        width=_METRIC_WIDTH,
    )


def _against_first(value: float, first: float | None) -> tuple[str | None, str | None]:
    """Returns a loss's change against v1 and the words beside it."""
    if first is None or not isfinite(value):
        return None, None
    if first == value:
        return None, "this is v1"
    if not isfinite(first):
        return None, f"v1 ended in {words.loss(first)}"
    change = words.change(value, first)
    return (None, "like v1") if change == "0%" else (change, "against v1")


def _draw_meanwhile(choice: Choice) -> str:
    """Draws a placeholder of the same height for a run without losses yet; returns its description.

    The placeholder is the run that was shown before, or the stored curves if there are any.
    """
    last = history.last()
    run = runs.known(last) if last else None
    if last and run:
        _draw_below(view.collect(last, run, running=True), is_live=True)
        return f"Until then, the page shows {words.name(last)}."
    left, _ = st.columns([2, 1], gap="medium")
    with left:
        meanwhile = _draw_stored(choice)
    with st.container(horizontal=True, key="metrics"):
        st.metric("Train loss", "–", delta_description="after training", width=_METRIC_WIDTH)
        time = st.container(width=_METRIC_WIDTH, key="time")
        st.metric(_ROWS, "–", delta_description="after training", width=_METRIC_WIDTH)
    stopwatch.show(choice, time, ready=False)
    return meanwhile


def _draw_stored(choice: Choice) -> str:
    """Draws the stored curves of the run, or leaves their place free; returns what they are."""
    curves = runs.stored_curves(choice)
    if curves is None or not np.isfinite(curves.val_loss).any():
        st.space(charts.HEIGHT)
        return ""
    first = None if choice == Choice() else runs.stored_curves(Choice())
    lines = _lines(tables.curves(curves, first, {}), readings=tables.readings(curves, first))
    _draw_loss_chart(lines, lambda: tables.recorded(curves, first, {}))
    return "Until then, the page shows the same run, trained on another machine."


def _draw_curves(shown: View) -> None:
    run, pinned = shown.run, shown.pinned
    first = None if shown.is_first else shown.first
    curves, batches = tables.curves(run, first, pinned), tables.batches(run)
    if curves.empty and batches.empty:
        st.info(words.NO_CURVE)
        return
    lines = _lines(
        curves,
        readings=tables.readings(run, first),
        batches=batches,
        ghost=tables.ghost(shown.ghost, run.settings.steps),
        rules=tables.rules(shown.baselines, curves),
        not_finite=tables.not_finite(run),
    )
    _draw_loss_chart(lines, lambda: tables.recorded(run, first, pinned))


def _lines(curves: pd.DataFrame, **others: pd.DataFrame) -> _Lines:
    """Returns what the loss chart draws."""
    series = set(curves["series"])
    shown = ("val", "train", "batch", *(name for name in ("v1", "pinned") if name in series))
    ends = tables.line_ends(curves, others.get("ghost"))
    return _Lines(shown, {"curves": curves, "ends": ends} | others)


def _draw_loss_chart(lines: _Lines, recorded: Callable[[], pd.DataFrame]) -> None:
    """Draws the loss curves. The browser keeps the chart when the curves grow."""
    canvas.draw(
        charts.loss_curves(lines.shown),
        lines.tables,
        key="loss_curves",
        alt="Loss against updates on a log scale: val, train, and minibatch loss of this run, "
        "with v1, the pinned runs, and the run shown before. The final losses are in the answer.",
        full=recorded,
    )
