"""The Evidence page's tidy tables, each from the evidence alone."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dashboard import tables

if TYPE_CHECKING:
    from mlp_core.evidence import Evidence, Finding

SHOWN_EPOCHS_ROWS = 96
"""The most updates whose batches are drawn."""

SMALL_GAIN = 0.1
"""A gain below it is drawn as one that hurts."""

_OF_LAYERS = ("val", "train", "pinned", "v1", "stage", "batch", "text")
_SHOWN_INPUTS = 6
_LEAST_BAR = 1e-4


def curves(evidence: "Evidence") -> pd.DataFrame:
    """Returns the losses on the way: `update`, `loss`, `series`, `line`."""
    losses = evidence.losses
    lines = (("train", losses.train), ("val", losses.val))
    return pd.concat(
        [tables.line(losses.updates, values, name, name) for name, values in lines],
        ignore_index=True,
    )


def marked(finding: "Finding | None") -> pd.DataFrame:
    """Returns the updates that a finding concerns: `first`, `last`, `text`; none without one."""
    rows = []
    if finding is not None and finding.updates is not None:
        first, last = finding.updates
        where = f"update {first:,}" if first == last else f"updates {first:,} to {last:,}"
        rows.append((first, last, where))
    return pd.DataFrame(rows, columns=["first", "last", "text"])


def draws(evidence: "Evidence") -> pd.DataFrame:
    """Returns each random draw: `array`, `place`, `key`, `key_place`, `series`.

    The series is "train" where the key is used more than once.
    """
    keys = list(dict.fromkeys(draw.key for draw in evidence.draws))
    uses = [draw.key for draw in evidence.draws]
    return pd.DataFrame(
        {
            "array": [_name(draw.array) for draw in evidence.draws],
            "place": range(len(evidence.draws)),
            "key": [" ".join(f"{word:08x}" for word in draw.key) for draw in evidence.draws],
            "key_place": [keys.index(draw.key) for draw in evidence.draws],
            "series": ["train" if uses.count(draw.key) > 1 else "val" for draw in evidence.draws],
        }
    )


def copies(evidence: "Evidence") -> pd.DataFrame:
    """Returns each unit's bias `x` and its gain, or a weight of its layer, `y`, at the start.

    The weights are the layer's first ones, as many as there are units. Further columns: `name`, and
    `series`, "train" where the two numbers are equal.
    """
    parts = []
    for name in ("gain", "weight"):
        for layer in range(num_layers(evidence)):
            bias = evidence.start[f"layers[{layer}].bias"]
            other = np.ravel(evidence.start[f"layers[{layer}].{name}"])[: len(bias)]
            parts.append(_units(layer, bias[: len(other)], other, bias[: len(other)] == other))
            parts[-1]["name"] += f": bias and {name}"
    return pd.concat(parts, ignore_index=True)


def gains(evidence: "Evidence") -> pd.DataFrame:
    """Returns each unit's gain `x` and bias `y` at the start; the series is "train" below 0.1."""
    parts = []
    for layer in range(num_layers(evidence)):
        gain = evidence.start[f"layers[{layer}].gain"]
        bias = evidence.start[f"layers[{layer}].bias"]
        parts.append(_units(layer, gain, bias, gain < SMALL_GAIN))
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


def layer_lines(updates: np.ndarray, values: np.ndarray, positive: bool) -> pd.DataFrame:
    """Returns a line for each layer: `update`, `value`, `series`, `line`.

    Args:
      updates: `[R]`.
      values: `[R, L]`, the head last where L is one more than there are layers.
      positive: leaves out what a log axis cannot show.
    """
    lines = []
    for layer, column in enumerate(values.T):
        drawable = np.isfinite(column) & ((column > 0) | (not positive))
        kept = tables.thinned(np.flatnonzero(drawable), 100)
        lines.append(
            pd.DataFrame(
                {
                    "update": updates[kept],
                    "value": column[kept].astype(float),
                    "series": _OF_LAYERS[layer],
                    "line": f"layer {layer + 1}",
                }
            )
        )
    return pd.concat(lines, ignore_index=True)


def ends(lines: pd.DataFrame) -> pd.DataFrame:
    """Returns the last point of each line."""
    return lines.drop_duplicates("line", keep="last")


def rows_seen(evidence: "Evidence") -> pd.DataFrame:
    """Returns the rows of the first updates' batches: `update`, `rows`, `series`."""
    seen = evidence.rows.seen[:SHOWN_EPOCHS_ROWS]
    return pd.DataFrame({"update": range(1, len(seen) + 1), "rows": seen, "series": "val"})


def one_batch(evidence: "Evidence") -> pd.DataFrame:
    """Returns the losses of updates on one batch alone: `update`, `value`, `series`, `line`."""
    losses = evidence.probes.one_batch
    kept = tables.thinned(np.flatnonzero(np.isfinite(losses) & (losses > 0)), 100)
    return pd.DataFrame(
        {"update": kept, "value": losses[kept].astype(float), "series": "val", "line": "this run's"}
    )


def scaled(evidence: "Evidence") -> pd.DataFrame:
    """Returns predictions of a few inputs, scaled: `update` the scale, `value`, `series`, `line`.

    The inputs are spread over the range of predictions.
    """
    probes = evidence.probes
    order = np.argsort(probes.scaled[probes.scales == 1][0])
    chosen = order[np.linspace(0, len(order) - 1, _SHOWN_INPUTS).round().astype(int)]
    parts = [
        pd.DataFrame(
            {
                "update": probes.scales,
                "value": probes.scaled[:, row].astype(float),
                "series": "val",
                "line": f"input {place + 1}",
            }
        )
        for place, row in enumerate(chosen)
    ]
    return pd.concat(parts, ignore_index=True)


def bars(values: Mapping[str, float], text: Callable[[float], str]) -> pd.DataFrame:
    """Returns named values: `label`, `value`, `text`, `series`; the first is this run's.

    What is no finite number is left out.
    """
    rows = [
        (label, float(value), text(float(value)), "val" if place == 0 else "v1")
        for place, (label, value) in enumerate(values.items())
        if np.isfinite(value)
    ]
    return pd.DataFrame(rows, columns=["label", "value", "text", "series"]).assign(begin=0.0)


def log_bars(values: Mapping[str, float], text: Callable[[float], str]) -> pd.DataFrame:
    """Returns what `bars` does for a log axis, on which a bar begins at `begin` above 0.

    A value far below the others has the shortest bar; its text tells it.
    """
    table = bars(values, text)
    begin = max(float(table["value"].min()) / 4, float(table["value"].max()) * _LEAST_BAR)
    return table.assign(begin=begin)


def _name(array: str) -> str:
    """Returns `layer 1 weight` for `layers[0].weight`."""
    part, _, array = array.rpartition(".")
    layer = part if part == "head" else f"layer {int(part[len('layers[') : -1]) + 1}"
    return f"{layer} {array}"
