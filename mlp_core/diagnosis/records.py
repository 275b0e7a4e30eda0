"""What is recorded of a run, nothing about how the program was switched; what a check finds in it.

H is the number of hidden layers, R the number of records. A record stands for the updates up to the
next one; only the first records are an update apart.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mlp_core.diagnosis.ledger import Draw
from mlp_core.engine.outcome import RunOutcome


@dataclass(frozen=True)
class Losses:
    """The losses on the way, and what rules without a network reach."""

    updates: np.ndarray
    """`[R]`, after how many updates the other records were made; the last one is the end."""
    train: np.ndarray
    """`[R]`, over all training rows."""
    val: np.ndarray
    """`[R]`, over all validation rows."""
    batch: np.ndarray
    """`[T]`, of each update's batch before the update; NaN where the batch was empty."""
    predict_mean: float
    """Val loss of predicting the mean of the training targets."""
    least_squares: float
    """Val loss of a linear least-squares fit."""
    least_squares_train: float
    """Train loss of that fit."""
    mean_square_target: float
    """Mean of the squared training targets: the train loss of always predicting 0."""
    outcome: RunOutcome
    """Which losses are NaN or infinite and from which update on, as `training.Run.outcome` says."""


@dataclass(frozen=True)
class Units:
    """What the hidden layers do, at each of `Losses.updates`."""

    smallest_std: np.ndarray
    """`[R, H]`, the least std over a layer's units, before LayerNorm, that any row had: of all
    training and validation rows at the record, of the batches' rows up to the next one."""
    dead: np.ndarray
    """`[R, H]`, the share of a layer's units that are 0 for every training row."""


@dataclass(frozen=True)
class Steps:
    """What the updates do, layer by layer, the head last; means over the updates on rows.

    NaN where none of a record's updates had rows. The end has no updates: there are R - 1 records.
    """

    gradient_norm: np.ndarray
    """`[R - 1, H + 1]`"""
    update_ratio: np.ndarray
    """`[R - 1, H + 1]`, the norm of the update over the norm of the parameters before it."""
    alignment: np.ndarray
    """`[R - 1]`, the cosine between the update and the way straight down the gradient."""
    distance: np.ndarray
    """`[R, H + 1]`, from the start, at each of `Losses.updates`."""


@dataclass(frozen=True)
class Rows:
    """Which rows the updates see."""

    seen: np.ndarray
    """`[T]`, the rows of each update's batch."""
    batch_size: int
    num_train: int
    never_seen: float
    """The share of the training rows that were in no batch."""
    moved_on_nothing: float
    """The share of the whole way, the updates' lengths added up, that empty batches made."""
    shapes: tuple[tuple[int, ...], ...]
    """The shapes for which the loss was compiled in the first updates of the real loop."""
    shapes_updates: int
    """How many updates these were."""


@dataclass(frozen=True)
class Probes:
    """What the network and the update do with inputs made for the purpose."""

    zero_variance_loss: float
    """Of one row for which the last layer's units are all equal before LayerNorm."""
    zero_variance_gradient: float
    """The norm of that loss's gradient."""
    scales: np.ndarray
    """`[K]`, by which inputs were multiplied; one of them is 1."""
    scaled: np.ndarray
    """`[K, n]`, the predictions at the end for n validation rows with their inputs scaled."""
    length: np.ndarray
    """`[n]`, of these rows' inputs, unscaled."""
    target: np.ndarray
    """`[n]`, of these rows, unscaled."""
    one_batch: np.ndarray
    """`[K + 1]`, losses on the way of K updates of this run's kind on its first batch alone."""
    one_batch_adamw: np.ndarray
    """`[K + 1]`, of as many AdamW updates at the same learning rate from the same start."""
    one_batch_sound: np.ndarray
    """`[K + 1]`, of as many AdamW updates with the default settings on a network with every fix."""
    one_batch_predict_mean: float
    """The loss of predicting that batch's mean target."""
    operations: int
    """About how many operations one update sends to the device; 1 if it is compiled as one."""


@dataclass(frozen=True)
class Evidence:
    """Everything that was recorded of one run."""

    draws: tuple[Draw, ...]
    """Every random draw of the initialization, in order."""
    start: dict[str, np.ndarray]
    """The initial parameters, by the names that `draws` uses."""
    losses: Losses
    units: Units
    steps: Steps
    rows: Rows
    probes: Probes


Severity = Literal["fatal", "fault", "limit", "symptom", "hazard", "cost"]

SEVERITIES: tuple[Severity, ...] = ("fatal", "fault", "limit", "symptom", "hazard", "cost")
"""Worst first; a cause is worse than what follows from it.

fatal: it ended the run. fault: the program does not do what it is meant to. limit: it does, and
cannot do better. symptom: it follows from something else. hazard: it did no harm in this run.
cost: it takes time, the numbers are the same.
"""


@dataclass(frozen=True)
class Finding:
    """Something wrong in a run. A cause is named only if the evidence excludes all others."""

    name: str
    """The check's."""
    severity: Severity
    fix: str | None
    """The field of `Fixes` that fixes it; None if no single switch does."""
    updates: tuple[int, int]
    """The updates it concerns, first and last; the same number twice if it is one update."""
    measured: Any
    """The record of the check: numbers and names, no sentences."""


def span(updates: np.ndarray) -> tuple[int, int]:
    """Returns the first and the last of some updates."""
    return int(updates[0]), int(updates[-1])
