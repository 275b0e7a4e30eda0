"""Tidy tables computed from the evidence of a run."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dashboard.draw import tidy

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence, Finding

SHOWN_EPOCHS_ROWS = 96
"""The largest number of updates whose minibatches are drawn."""

_OF_LAYERS = ("val", "train", "pinned", "v1", "stage", "batch", "text")
_SHOWN_INPUTS = 6
_LEAST_BAR = 1e-4
_ROOM_FOR_NAME = 0.25
"""The width of a line's label as a share of the chart's width."""


def curves(evidence: "Evidence") -> pd.DataFrame:
    """Returns the loss curves: `update`, `loss`, `series`, `line`."""
    losses = evidence.losses
    lines = (("train", losses.train), ("val", losses.val))
    return pd.concat(
        [tidy.line(losses.updates, values, name, name) for name, values in lines],
        ignore_index=True,
    )


def marked(finding: "Finding | None") -> pd.DataFrame:
    """Returns the updates of a finding: `first`, `last`, `text`. No rows without a finding."""
    rows = []
    if finding is not None:
        first, last = finding.updates
        where = f"update {first:,}" if first == last else f"updates {first:,} to {last:,}"
        rows.append((first, last, where))
    return pd.DataFrame(rows, columns=["first", "last", "text"])


def draws(evidence: "Evidence") -> pd.DataFrame:
    """Returns each random draw: `array`, `place`, `key`, `key_place`, `series`.

    The series is "train" if the key is used more than once, otherwise "val".
    """
    keys = list(dict.fromkeys(draw.key for draw in evidence.draws))
    uses = [draw.key for draw in evidence.draws]
    return pd.DataFrame(
        {
            "array": [
                " ".join(array_place(draw.array)).removeprefix("the ") for draw in evidence.draws
            ],
            "place": range(len(evidence.draws)),
            "key": [" ".join(f"{word:08x}" for word in draw.key) for draw in evidence.draws],
            "key_place": [keys.index(draw.key) for draw in evidence.draws],
            "series": ["train" if uses.count(draw.key) > 1 else "val" for draw in evidence.draws],
        }
    )


def copies(evidence: "Evidence", name: str) -> pd.DataFrame:
    """Returns each unit's initial bias as `x` and another initial parameter as `y`.

    Further columns: `name`, and `series`, which is "train" if the two are equal.

    Args:
      name: the other parameter: "gain", or "weight" for the layer's first weights, one per unit.
    """
    parts = []
    for layer in range(num_layers(evidence)):
        bias = evidence.start[f"layers[{layer}].bias"]
        other = np.ravel(evidence.start[f"layers[{layer}].{name}"])[: len(bias)]
        parts.append(_units(layer, bias[: len(other)], other, bias[: len(other)] == other))
    return pd.concat(parts, ignore_index=True)


def likeness(units: pd.DataFrame) -> tuple[int, float | None]:
    """Returns the number of units with `x == y`, and the correlation, or None if undefined."""
    equal = int((units["x"] == units["y"]).sum())
    if len(units) < 3 or units["x"].nunique() == 1 or units["y"].nunique() == 1:
        return equal, None
    return equal, float(np.corrcoef(units["x"], units["y"])[0, 1])


def gains(evidence: "Evidence") -> pd.DataFrame:
    """Returns each unit's initial gain `x` and bias `y`, with series "train" if the gain is low."""
    from mlp_core.diagnosis.checks.network import TINY_GAIN

    parts = []
    for layer in range(num_layers(evidence)):
        gain = evidence.start[f"layers[{layer}].gain"]
        bias = evidence.start[f"layers[{layer}].bias"]
        parts.append(_units(layer, gain, bias, gain < TINY_GAIN))
    return pd.concat(parts, ignore_index=True)


def _units(layer: int, x: np.ndarray, y: np.ndarray, is_wrong: np.ndarray) -> pd.DataFrame:
    """Returns a row for each unit of a layer: `x`, `y`, `name`, `series`."""
    return pd.DataFrame(
        {
            "x": x.astype(float),
            "y": y.astype(float),
            "name": [f"layer {layer + 1}, unit {unit + 1}" for unit in range(len(x))],
            "series": np.where(is_wrong, "train", "val"),
        }
    )


def num_layers(evidence: "Evidence") -> int:
    """Returns the number of hidden layers."""
    return int(evidence.units.dead.shape[1])


def layer_lines(evidence: "Evidence", values: np.ndarray, positive: bool) -> pd.DataFrame:
    """Returns a line for each layer over the updates: `update`, `value`, `series`, `line`.

    A layer with fewer than two values has no line.

    Args:
      values: `[R, L]`, at `evidence.losses.updates` with or without the last. If L exceeds the
        number of layers by one, the last column is the head.
      positive: whether to leave out values that a log axis cannot show.
    """
    names = [*(f"layer {layer + 1}" for layer in range(num_layers(evidence))), "head"]
    updates = evidence.losses.updates
    lines = []
    for column, name, series in zip(values.T, names, _OF_LAYERS, strict=False):
        drawable = np.isfinite(column) & ((column > 0) | (not positive))
        kept = tidy.thinned(np.flatnonzero(drawable), 100)
        kept = kept if len(kept) > 1 else kept[:0]
        lines.append(_line(updates[kept], column[kept], series, name))
    return pd.concat(lines, ignore_index=True)


def _line(updates: np.ndarray, values: np.ndarray, series: str, name: str) -> pd.DataFrame:
    # More digits would fill the axis with the rounding errors of a constant.
    rounded = [float(f"{value:.4g}") for value in values]
    return pd.DataFrame({"update": updates, "value": rounded, "series": series, "line": name})


def ends(lines: pd.DataFrame, logarithmic: bool = True) -> pd.DataFrame:
    """Returns the position of each line's label: its last point, or above it to avoid overlap.

    `early` marks lines that end too far left to have the label on the left of their ends.
    """
    last = lines.drop_duplicates("line", keep="last").sort_values("value")
    early = last["update"] < _ROOM_FOR_NAME * lines["update"].max()
    apart = tidy.apart(last["value"], lines["value"], logarithmic)
    return last.assign(value=apart, early=early)


def rows_seen(evidence: "Evidence") -> pd.DataFrame:
    """Returns the rows in the first updates' minibatches: `update`, `rows`, `series`."""
    seen = evidence.rows.seen[:SHOWN_EPOCHS_ROWS]
    return pd.DataFrame({"update": range(1, len(seen) + 1), "rows": seen, "series": "val"})


def one_batch(evidence: "Evidence", other: str, losses_of_other: np.ndarray) -> pd.DataFrame:
    """Returns the losses of updates on one minibatch: `update`, `value`, `series`, `line`.

    The line of the other fit is left out if it equals this run's.
    """
    own = evidence.probes.one_batch
    fits = [("this run", "val", own)]
    if not np.array_equal(own, losses_of_other, equal_nan=True):
        fits.append((other, "v1", losses_of_other))
    lines = []
    for name, series, losses in fits:
        kept = tidy.thinned(np.flatnonzero(np.isfinite(losses) & (losses > 0)), 100)
        lines.append(_line(kept, losses[kept], series, name))
    return pd.concat(lines, ignore_index=True)


def scaled(evidence: "Evidence") -> pd.DataFrame:
    """Returns predictions for scaled inputs: `update` (the scale), `value`, `series`, `line`.

    The inputs are chosen evenly over the range of predictions.
    """
    probes = evidence.probes
    order = np.argsort(probes.scaled[probes.scales == 1][0])
    chosen = order[np.linspace(0, len(order) - 1, _SHOWN_INPUTS).round().astype(int)]
    parts = [
        _line(probes.scales, probes.scaled[:, row], "val", f"input {place + 1}")
        for place, row in enumerate(chosen)
    ]
    return pd.concat(parts, ignore_index=True)


def bars(values: Mapping[str, float], text: Callable[[float], str]) -> pd.DataFrame:
    """Returns named values: `label`, `value`, `text`, `series`, `begin`, `place`.

    The first value is that of this run. Values that are not finite are left out.
    """
    rows = [
        (label, float(value), text(float(value)), "val" if place == 0 else "v1")
        for place, (label, value) in enumerate(values.items())
        if np.isfinite(value)
    ]
    table = pd.DataFrame(rows, columns=["label", "value", "text", "series"])
    return table.assign(begin=0.0, place=range(len(table)))


def log_bars(values: Mapping[str, float], text: Callable[[float], str]) -> pd.DataFrame:
    """Returns the table of `bars` for a log axis, where each bar starts at `begin` > 0.

    A value far below the others gets the shortest bar, with the value as text.
    """
    table = bars(values, text)
    begin = max(float(table["value"].min()) / 4, float(table["value"].max()) * _LEAST_BAR)
    return table.assign(begin=begin)


def array_place(name: str) -> tuple[str, str]:
    """Returns `layer 1` and `weight` for `layers[0].weight`, or `the head` and `bias`."""
    part, _, array = name.rpartition(".")
    return "the head" if part == "head" else f"layer {int(part[len('layers[') : -1]) + 1}", array
