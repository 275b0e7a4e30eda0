"""Tidy tables for the Lab's charts and downloads, thinned to the resolution of a screen."""

from dataclasses import fields
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.draw.tidy import NAME_HEIGHT, apart, line, thinned
from dashboard.lab import sentences
from dashboard.switches import SWITCH
from mlp_core import STAGES, Fixes, Settings

if TYPE_CHECKING:
    from mlp_core.analysis.curves import Curves
    from mlp_core.data.dataset import Baselines
    from mlp_core.engine.training import Run


READ = 60
"""The most updates at which the pointer reads the losses."""

NAME_LETTERS = 26
"""The longest line of a run's name in a chart."""


def curves(
    run: "Run | Curves", first: "Run | Curves | None", pinned: "dict[str, Run]"
) -> pd.DataFrame:
    """Returns the lines of the loss chart: `update`, `loss`, `series`, `line`.

    NaN and infinite losses are left out because a logarithmic axis cannot show them.
    """
    lines = [
        line(other.updates, other.val_loss, "pinned", label) for label, other in pinned.items()
    ]
    if first is not None:
        lines.append(line(first.updates, first.val_loss, "v1", "v1"))
    # The last is drawn on top.
    lines.append(line(run.updates, run.train_loss, "train", "train"))
    lines.append(line(run.updates, run.val_loss, "val", "val"))
    return pd.concat(lines, ignore_index=True)


def ghost(run: "Run | None", steps: int) -> pd.DataFrame:
    """Returns the val loss of the run shown before, a line like those of `curves`.

    Args:
      steps: of the present run, where the line ends.
    """
    if run is None:
        return line(np.arange(0), np.arange(0.0), "text", "run before")
    kept = run.updates <= steps
    return line(run.updates[kept], run.val_loss[kept], "text", "run before")


def batches(run: "Run") -> pd.DataFrame:
    """Returns the minibatch losses, a line like those of `curves`, without empty ones."""
    return line(np.arange(run.steps_done), run.batch_loss, "batch", "batch")


def line_ends(curves: pd.DataFrame, ghost: pd.DataFrame | None = None) -> pd.DataFrame:
    """Returns the ends of the pinned lines and the ghost: `update`, `loss`, `line`.

    Args:
      ghost: see `ghost`.
    """
    named = pd.concat([curves[curves["series"] == "pinned"], ghost])
    ends = named.drop_duplicates("line", keep="last")
    if ends.empty:
        return ends
    ends = ends.sort_values("loss")
    return ends.assign(loss=apart(ends["loss"], curves["loss"], room=NAME_HEIGHT / 2))


def rules(baselines: "Baselines", curves: pd.DataFrame) -> pd.DataFrame:
    """Returns the losses of the baselines: `loss`, `rule`, and `below` (drawn below the axis)."""
    named = [
        ("predict the mean", baselines.predict_mean),
        ("least squares", baselines.least_squares),
    ]
    if baselines.least_possible:
        named.append(("expected loss of the best rule", baselines.least_possible))
    foot = 0.8 * min(float(curves["loss"].min()) if len(curves) else 1.0, baselines.predict_mean)
    rows = []
    for rule, value in named:
        below = value < foot / 10
        text = f"↓ {rule}: {words.loss(value)}" if below else f"{rule} {words.loss(value)}"
        rows.append((foot if below else value, text, below))
    return pd.DataFrame(rows, columns=["loss", "rule", "below"])


def not_finite(run: "Run") -> pd.DataFrame:
    """Returns the first update from which a loss is not finite, if any: `update`, `text`."""
    since = run.outcome.since
    rows = [] if since is None else [(since, sentences.not_finite_mark(run))]
    return pd.DataFrame(rows, columns=["update", "text"])


def readings(run: "Run | Curves", first: "Run | Curves | None") -> pd.DataFrame:
    """Returns the losses for the pointer: `update`, and as text `val`, `train`, and `v1`."""
    losses = {"val": run.val_loss, "train": run.train_loss}
    table = pd.DataFrame({"update": run.updates, "v1": "–"})
    if first is not None:  # of the same settings, so recorded after the same updates
        losses["v1"] = first.val_loss[: len(table)]
    for name, values in losses.items():
        texts = pd.Series([words.loss(value) for value in values.tolist()])
        table[name] = texts.reindex(table.index, fill_value="–")
    return table.iloc[thinned(np.arange(len(table)), READ)]


def dots(
    choice: Choice,
    stages: "dict[str, Run | None]",
    yours: "Run",
    pinned: "dict[str, Run]",
    previous: float | None = None,
) -> pd.DataFrame:
    """Returns the val losses to compare: `label`, `val_loss`, `text`, `series`, `before`, `place`.

    A stage that is not trained yet has no number. `before` is set in the row of this run alone.

    Args:
      previous: the val loss of the run shown before this one; None if there was none.
    """
    mine = words.stage_of(choice.fixes)
    rows = []
    for name in STAGES:
        run = yours if name == mine else stages[name]
        series = "val" if name == mine else "v1" if name == "v1" else "text"
        rows.append((f"{name} (yours)" if name == mine else name, run, series))
    if mine is None:
        rows.append(("yours", yours, "val"))
    taken = {label for label, _, _ in rows}
    for label, run in pinned.items():
        rows.append((f"{label} (pinned)" if label in taken else label, run, "pinned"))
    table = pd.DataFrame(
        [(_in_lines(label), _val_loss(run), _end_text(run), series) for label, run, series in rows],
        columns=["label", "val_loss", "text", "series"],
    )
    ring = np.nan if previous is None or not 0 < previous < np.inf else previous
    before = np.where(table["series"] == "val", ring, np.nan)
    return table.assign(before=before, place=range(len(table)))


def beside(
    choice: Choice, stages: "dict[str, Run | None]", pinned: "dict[str, Run]"
) -> "dict[str, Run]":
    """Returns the trained runs that `dots` has beside the present one, by their labels."""
    mine = words.stage_of(choice.fixes)
    known = {name: run for name, run in stages.items() if run is not None and name != mine}
    return known | pinned


def recorded(
    run: "Run | Curves", first: "Run | Curves | None", pinned: "dict[str, Run]"
) -> pd.DataFrame:
    """Returns the recorded losses to read, one row an update, the val losses of others beside."""
    table = pd.DataFrame(
        {"updates": run.updates, "train loss": run.train_loss, "val loss": run.val_loss}
    )
    others = ({} if first is None else {"v1": first}) | pinned
    for label, other in others.items():
        losses = pd.DataFrame({"updates": other.updates, f"val loss of {label}": other.val_loss})
        table = table.merge(losses, on="updates", how="left")
    return table


def every_step(run: "Run") -> pd.DataFrame:
    """Returns all that was recorded, one row an update, for download.

    `train_loss` and `val_loss` are of the parameters after so many updates, `batch_loss` and
    `rows_seen` of the batch of that update. A loss that is NaN is the text `NaN`; a cell is missing
    where nothing was recorded.
    """
    losses = pd.DataFrame(
        {
            "update": run.updates,
            "train_loss": _with_nan_as_text(run.train_loss),
            "val_loss": _with_nan_as_text(run.val_loss),
        }
    )
    steps = pd.DataFrame(
        {
            "update": np.arange(1, run.steps_done + 1),
            "batch_loss": _with_nan_as_text(run.batch_loss),
            "rows_seen": pd.array(run.rows_seen, dtype="Int64"),
        }
    )
    return losses.merge(steps, on="update", how="outer")


def _with_nan_as_text(losses: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(losses), "NaN", losses.astype(object))


def compared(choices: list[Choice], runs: "list[Run]", labels: list[str]) -> pd.DataFrame:
    """Returns runs side by side, one a column, with the switches and settings that differ."""
    page = choices[0].settings
    rows: dict[str, list[str]] = {"run": [words.name(choice, page) for choice in choices]}
    rows["val loss"] = [words.loss(run.final_val_loss) for run in runs]
    rows["train loss"] = [words.loss(run.final_train_loss) for run in runs]
    rows["rows trained on"] = [sentences.rows_trained_on(run) for run in runs]
    for field in fields(Fixes):
        on = [getattr(choice.fixes, field.name) for choice in choices]
        if len(set(on)) > 1:
            rows[SWITCH[field.name].label] = ["on" if value else "off" for value in on]
    for field in fields(Settings):
        values = [getattr(choice.settings, field.name) for choice in choices]
        if len(set(values)) > 1:
            rows[words.SETTING[field.name]] = [words.setting(value) for value in values]
    return pd.DataFrame(rows, index=labels).T


def _in_lines(name: str) -> str:
    return "\n".join(wrap(name, NAME_LETTERS))


def _val_loss(run: "Run | None") -> float:
    return np.nan if run is None or run.outcome.is_failed else run.final_val_loss


def _end_text(run: "Run | None") -> str:
    if run is None:
        return "not trained yet"
    return words.loss(run.final_val_loss)
