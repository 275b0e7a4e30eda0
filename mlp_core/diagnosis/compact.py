"""Snapshots as JSON, small enough for a browser: rounded to three digits, thinned if necessary.

An array of numbers becomes a string: base64 of little-endian float16. Each row is divided by its
own scale (its largest finite absolute value), so that no gradient overflows or underflows 16 bits.
"""

from base64 import b64decode, b64encode
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from mlp_core.diagnosis.snapshots import Snapshots
from mlp_core.engine import model

MOST_LETTERS = 150_000
"""Maximum length of the JSON text of a run, in characters."""

_LETTERS = 8 / 3  # characters per number: two bytes in base64
_FOR_THE_REST = 8_000
_FEWEST = 64
"""Gradients are left out if they would leave room for fewer snapshots than this."""


class Compact(NamedTuple):
    """The part of `Snapshots` that is stored as JSON. R snapshots are kept."""

    widths: list[int]
    """The number of inputs, then the number of units in each hidden layer."""
    steps: int
    epoch: int
    """Number of updates in an epoch."""
    rows: list[list[int]]
    """The minibatches of an epoch in order, as pairs of a count and the rows in each minibatch:
    `[[1, 256], [31, 0]]` is one minibatch with 256 rows, then 31 empty ones."""
    updates: list[int]
    val_loss: str
    batch_loss: str
    activity: list[str]
    """The scaled rows, and their scales."""
    zeros: list[str]
    params: list[str] | None
    """None if the network is too large to draw (see `model.is_small`)."""
    gradients: list[str] | None
    """None if `params` is None or if the gradients do not fit."""
    norm: list[float]
    """The fields of `model.Norm`, in order."""
    x: list[list[float]]
    y: list[float]


class Numbers(NamedTuple):
    """The arrays of a `Compact`, with the names and shapes that they have in `Snapshots`."""

    updates: np.ndarray
    val_loss: np.ndarray
    batch_loss: np.ndarray
    activity: np.ndarray
    zeros: np.ndarray
    params: np.ndarray | None
    gradients: np.ndarray | None


def encoded(snapshots: Snapshots) -> Compact:
    """Returns the snapshots for JSON: all of them if they fit, otherwise fewer."""
    settings, rows = snapshots.settings, snapshots.rows
    is_drawn = model.is_small(settings)
    units, params = snapshots.activity.shape[1], snapshots.params.shape[1] if is_drawn else 0
    with_gradients = is_drawn and _room(2 * units + 2 * params) >= _FEWEST
    most = _room(2 * units + params * (1 + with_gradients))
    kept = _kept(len(snapshots.updates), most)
    return Compact(
        widths=[settings.num_features, *settings.hidden],
        steps=settings.steps,
        epoch=settings.steps_per_epoch,
        rows=[
            [len(list(group)), count]
            for count, group in groupby(rows[: settings.steps_per_epoch].tolist())
        ],
        updates=snapshots.updates[kept].tolist(),
        val_loss=_text(snapshots.val_loss[kept], "<f4"),
        batch_loss=_text(snapshots.batch_loss[kept], "<f4"),
        activity=_scaled(snapshots.activity[kept]),
        zeros=_scaled(snapshots.zeros[kept]),
        params=_scaled(snapshots.params[kept]) if is_drawn else None,
        gradients=_scaled(snapshots.gradients[kept]) if with_gradients else None,
        norm=list(model.norm_of(snapshots.fixes)),
        x=_rounded(snapshots.x),
        y=_rounded(snapshots.y),
    )


def decoded(compact: Compact) -> Numbers:
    """Returns the numbers that a browser decodes."""
    count = len(compact.updates)
    return Numbers(
        updates=np.array(compact.updates),
        val_loss=_numbers(compact.val_loss, "<f4"),
        batch_loss=_numbers(compact.batch_loss, "<f4"),
        activity=_unscaled(compact.activity, count),
        zeros=_unscaled(compact.zeros, count),
        params=None if compact.params is None else _unscaled(compact.params, count),
        gradients=None if compact.gradients is None else _unscaled(compact.gradients, count),
    )


def _room(numbers: int) -> int:
    """Returns how many snapshots fit if each has this many numbers."""
    return int((MOST_LETTERS - _FOR_THE_REST) / (_LETTERS * (numbers + 10)))


def _kept(count: int, most: int) -> np.ndarray:
    """Returns the indices of the snapshots to keep: the first ones, then evenly spaced ones."""
    if count <= most:
        return np.arange(count)
    first = most // 2
    return np.unique([*range(first), *np.linspace(first, count - 1, most - first).round()]).astype(
        int
    )


def _scaled(rows: np.ndarray) -> list[str]:
    sizes = np.abs(np.where(np.isfinite(rows), rows, 0)).max(axis=1)
    scales = np.where(sizes > 0, sizes, 1).astype(np.float32)
    return [_text(rows / scales[:, None], "<f2"), _text(scales, "<f4")]


def _unscaled(part: list[str], count: int) -> np.ndarray:
    values, scales = _numbers(part[0], "<f2"), _numbers(part[1], "<f4")
    return values.reshape(count, -1).astype(np.float32) * scales[:, None]


def _text(numbers: np.ndarray, kind: str) -> str:
    return b64encode(np.ascontiguousarray(numbers, kind).tobytes()).decode()


def _numbers(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(b64decode(text), kind)


def _rounded(numbers: np.ndarray) -> list[Any]:
    return np.asarray(numbers, np.float64).round(4).tolist()
