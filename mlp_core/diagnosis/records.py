"""The evidence recorded from a run, which does not contain the switches, and a check's finding.

H is the number of hidden layers, and R the number of records. A record covers the updates up to the
next record; only the first records are one update apart.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mlp_core.diagnosis.ledger import Draw
from mlp_core.engine.outcome import RunOutcome


@dataclass(frozen=True)
class Losses:
    """The losses during the run, and those of baselines without a network."""

    updates: np.ndarray
    """`[R]`, the number of updates before each record; the last record is the end of the run."""
    train: np.ndarray
    """`[R]`, over all training rows."""
    val: np.ndarray
    """`[R]`, over all validation rows."""
    batch: np.ndarray
    """`[T]`, of each update's minibatch, before the update; NaN if the minibatch was empty."""
    predict_mean: float
    """Validation loss of predicting the mean of the training targets."""
    least_squares: float
    """Validation loss of a linear least-squares fit."""
    least_squares_train: float
    """Training loss of that fit."""
    mean_square_target: float
    """Mean of the squared training targets, which is the training loss of always predicting 0."""
    outcome: RunOutcome
    """Which losses are NaN or infinite, and from which update on; see `training.Run.outcome`."""


@dataclass(frozen=True)
class Units:
    """Measurements of the hidden layers at each of `Losses.updates`."""

    smallest_std: np.ndarray
    """`[R, H]`, the smallest std of any row over a layer's units, before LayerNorm. It covers all
    training and validation rows at the record, and the minibatches up to the next record."""
    dead: np.ndarray
    """`[R, H]`, the share of a layer's units that are 0 for every training row."""


@dataclass(frozen=True)
class Steps:
    """Measurements of the updates by layer, with the head last: means over the updates with rows.

    NaN if all minibatches of a record were empty. The last record has no updates, so most arrays
    have R - 1 entries.
    """

    gradient_norm: np.ndarray
    """`[R - 1, H + 1]`, the norm of the gradient."""
    update_ratio: np.ndarray
    """`[R - 1, H + 1]`, the norm of the update divided by that of the parameters before it."""
    alignment: np.ndarray
    """`[R - 1]`, the cosine between the update and the negative gradient."""
    distance: np.ndarray
    """`[R, H + 1]`, the distance from the initial parameters, at each of `Losses.updates`."""


@dataclass(frozen=True)
class Rows:
    """The rows that the updates use."""

    seen: np.ndarray
    """`[T]`, the number of rows in each update's minibatch."""
    batch_size: int
    num_train: int
    never_seen: float
    """The share of the training rows that were in no minibatch."""
    moved_on_nothing: float
    """The share of the parameters' path (sum of the updates' norms) made on empty minibatches."""
    shapes: tuple[tuple[int, ...], ...]
    """The batch shapes for which the loss was compiled in the first updates of the real loop."""
    shapes_updates: int
    """The number of these updates."""


@dataclass(frozen=True)
class Probes:
    """Responses of the network and the update to constructed inputs."""

    zero_variance_loss: float
    """Loss of one row for which the last layer's units are all equal before LayerNorm."""
    zero_variance_gradient: float
    """Norm of the gradient of that loss."""
    scales: np.ndarray
    """`[K]`, the factors by which the inputs were multiplied; one of them is 1."""
    scaled: np.ndarray
    """`[K, n]`, the final predictions for n validation rows with scaled inputs."""
    length: np.ndarray
    """`[n]`, the norms of these rows' inputs, unscaled."""
    target: np.ndarray
    """`[n]`, the targets of these rows, unscaled."""
    one_batch: np.ndarray
    """`[U + 1]`, losses during U updates of this run's kind on its first minibatch alone."""
    one_batch_adamw: np.ndarray
    """`[U + 1]`, the same with AdamW updates, from the same start with the same learning rate."""
    one_batch_sound: np.ndarray
    """`[U + 1]`, the same with AdamW at the default settings, on a network with every fix."""
    one_batch_predict_mean: float
    """Loss of predicting the mean target of that minibatch."""
    operations: int
    """Approximate number of operations that one update sends to the device; 1 if it is compiled."""


@dataclass(frozen=True)
class Evidence:
    """Everything that was recorded of one run."""

    draws: tuple[Draw, ...]
    """Every random draw of the initialization, in order."""
    start: dict[str, np.ndarray]
    """The initial parameters, keyed by the names in `draws`."""
    losses: Losses
    units: Units
    steps: Steps
    rows: Rows
    probes: Probes


Severity = Literal["fatal", "fault", "limit", "symptom", "hazard", "cost"]

SEVERITIES: tuple[Severity, ...] = ("fatal", "fault", "limit", "symptom", "hazard", "cost")
"""Worst first; a cause is worse than its consequences.

fatal: the problem ended the run. fault: the program does not do what was intended. limit: the
program does what was intended but cannot do better. symptom: a consequence of another problem.
hazard: the problem did no harm in this run. cost: it takes time and does not change the numbers.
"""


@dataclass(frozen=True)
class Finding:
    """A problem in a run. A cause is named only if the evidence excludes all other causes."""

    name: str
    """The name of the check."""
    severity: Severity
    fix: str | None
    """The field of `Fixes` that fixes it; None if no single switch does."""
    updates: tuple[int, int]
    """The first and the last update concerned; the same number twice for a single update."""
    measured: Any
    """The check's measurements: numbers and names, no sentences."""


def span(updates: np.ndarray) -> tuple[int, int]:
    """Returns the first and the last of these updates."""
    return int(updates[0]), int(updates[-1])
