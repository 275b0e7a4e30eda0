"""Checks of the training: the updates of a run, and the losses that they reach."""

from typing import NamedTuple

import numpy as np

from mlp_core.diagnosis.checks.network import predictions
from mlp_core.diagnosis.records import Evidence, Finding, span
from mlp_core.engine.outcome import RunOutcome

MANY_OPERATIONS = 10
STRAIGHT = 0.99
"""An update with a larger cosine to the negative gradient counts as plain gradient descent."""
SLOWER = 1.25
"""Factor by which the run's own loss on the first minibatch must exceed AdamW's."""
MATTERS = 0.005
"""Minimum difference of these losses, as a share of the loss of predicting the minibatch's mean."""
WORSE = 2.0
"""A run has diverged if its final training loss is more than this many times the larger of its
initial training loss and the loss of predicting the mean."""
START = 5.0
"""Factor by which the initial loss must exceed that of a sound start; see `sound_start`."""
FITTED, UNLIKE_SOUND = 0.03, 3.0
"""The loss on the first minibatch may end at this share of the loss of predicting the mean, or at
this many times the loss of the sound network."""
LINEAR = 0.02
"""How far the training loss may end above that of least squares, as a share of the loss of
predicting the mean."""
GAP, GAP_RATIO, GAP_ERRORS, GAP_ROWS = 0.01, 1.2, 3.0, 20
"""How far the validation loss may end above the training loss: as a share of the loss of predicting
the mean, as a ratio to the training loss, and in standard errors. `GAP_ROWS` is the minimum number
of validation rows for a standard error."""


class EagerStep(NamedTuple):
    """An update that is not compiled."""

    operations: int  # sent to the device by one update


def eager_step(evidence: Evidence) -> Finding | None:
    """Finds an update that sends its operations to the device one by one.

    Precondition: none; the operations are counted.
    """
    operations = evidence.probes.operations
    if operations < MANY_OPERATIONS:
        return None
    updates = 0, len(evidence.rows.seen)
    return Finding("eager_step", "cost", "jit_step", updates, EagerStep(operations))


class PlainDescent(NamedTuple):
    """Updates along the gradient, compared with AdamW on the first minibatch alone."""

    cosine: float  # between the update and the negative gradient, the median
    updates: int  # number of updates on that minibatch
    loss: float
    adamw_loss: float
    gradient_ratio: float | None  # largest over smallest norm of a layer; None if one is 0


def plain_descent(evidence: Evidence) -> Finding | None:
    """Finds updates along the gradient that fit the first minibatch worse than AdamW does.

    Both fits have the same rows, start, and learning rate, so both losses contain the same noise.
    Precondition: both losses end finite, and the minibatch's targets differ.
    """
    steps, probes = evidence.steps, evidence.probes
    own, adamw = float(probes.one_batch[-1]), float(probes.one_batch_adamw[-1])
    if not np.isfinite([own, adamw]).all() or not np.isfinite(steps.alignment).any():
        return None
    cosine = float(np.nanmedian(steps.alignment))
    slower = own > SLOWER * adamw and own - adamw > MATTERS * probes.one_batch_predict_mean
    if cosine <= STRAIGHT or not slower:
        return None
    norms = np.nanmedian(steps.gradient_norm, axis=0)
    ratio = float(norms.max() / norms.min()) if norms.min() > 0 else None
    measured = PlainDescent(cosine, len(probes.one_batch) - 1, own, adamw, ratio)
    return Finding("plain_descent", "limit", "adamw", (0, len(evidence.rows.seen)), measured)


class Diverged(NamedTuple):
    """A run whose losses are not finite or end far above their initial values."""

    outcome: RunOutcome
    lowest: float  # training loss; NaN if it is NaN at every record
    lowest_at: int  # number of updates before it
    final: float  # training loss


def diverged(evidence: Evidence) -> Finding | None:
    """Finds losses that are not finite or end far above their start. Precondition: none."""
    losses, since = evidence.losses, evidence.losses.outcome.since
    has_grown = losses.train[-1] > WORSE * np.fmax(losses.train[0], losses.predict_mean)
    if since is None and not has_grown:
        return None
    is_number = not np.isnan(losses.train).all()
    at = int(np.nanargmin(losses.train)) if is_number else 0
    lowest_at = int(losses.updates[at])
    measured = Diverged(losses.outcome, float(losses.train[at]), lowest_at, float(losses.train[-1]))
    updates = lowest_at if since is None else since, int(losses.updates[-1])
    return Finding("diverged", "fatal", None, updates, measured)


class StartLoss(NamedTuple):
    """The training loss before the first update."""

    loss: float
    sound: float  # see `sound_start`


def sound_start(mean_square_target: float) -> float:
    """Returns the average loss of a sound start: a network with every fix, before any update.

    Its predictions are independent of the targets and have mean square 2, whatever the widths: 1
    from the head's weights (variance 2 / I, on I units of mean square 1/2), 1 from the head's bias.
    """
    return mean_square_target + 2.0


def start_loss(evidence: Evidence) -> Finding | None:
    """Finds initial predictions that are much larger than those of a sound start.

    If the targets are far from 0 or small, any start is worse than predicting the mean. The initial
    loss is therefore compared with that of a sound start on the same targets. Precondition: none.
    """
    start, sound = evidence.losses.train[0], sound_start(evidence.losses.mean_square_target)
    if not start > START * sound:
        return None
    return Finding("start_loss", "symptom", None, (0, 0), StartLoss(float(start), sound))


class BatchFit(NamedTuple):
    """Losses on the first minibatch after this many updates on it alone."""

    updates: int
    loss: float
    sound: float  # with AdamW at the default settings, on a network of these widths with every fix
    predict_mean: float


def one_batch(evidence: Evidence) -> Finding | None:
    """Finds a first minibatch that a sound network of the same widths fits better.

    Noise, repeated inputs, or too few parameters can keep the loss from reaching 0, so the limit is
    the loss that the sound network reaches with the same rows and the same number of updates. If
    the minibatch's targets hardly differ, the loss of predicting their mean is too small to compare
    with, and `Losses.predict_mean` is used. Precondition: the sound network's loss ends finite.
    """
    probes = evidence.probes
    own, sound = float(probes.one_batch[-1]), float(probes.one_batch_sound[-1])
    guess = probes.one_batch_predict_mean
    fitted = FITTED * max(guess, evidence.losses.predict_mean)
    if not np.isfinite(sound) or own <= max(fitted, UNLIKE_SOUND * sound):
        return None
    measured = BatchFit(len(probes.one_batch) - 1, own, sound, guess)
    return Finding("one_batch", "symptom", None, (0, 0), measured)


class LinearFit(NamedTuple):
    """The network's final losses, and those of a linear least-squares fit."""

    train: float
    val: float
    linear_train: float
    linear_val: float


def least_squares(evidence: Evidence) -> Finding | None:
    """Finds a linear fit that is better than the network on the training and the validation rows.

    A linear fit can be better on the validation rows alone because the network has fitted noise,
    which is not a failure to learn (see `gap`). On the training rows, fitting noise lowers the
    network's loss. Precondition: the losses are finite, and the targets vary.
    """
    losses, train, val = evidence.losses, *_final(evidence)
    excess = train - losses.least_squares_train
    if not (excess > LINEAR * losses.predict_mean and val > losses.least_squares):
        return None
    measured = LinearFit(train, val, losses.least_squares_train, losses.least_squares)
    return Finding("least_squares", "symptom", None, span(losses.updates[-1:]), measured)


class Gap(NamedTuple):
    """The final losses, and their difference in standard errors."""

    train: float
    val: float
    errors: float


def gap(evidence: Evidence) -> Finding | None:
    """Finds a validation loss above the training loss by more than the sampling of rows explains.

    If the network had been trained on none of the rows, the standard error of the difference would
    be s sqrt(1 / n + 1 / N), where s is the std of the squared errors of the n validation rows and
    N is the number of training rows. Precondition: the losses are finite, and n is at least
    `GAP_ROWS`.
    """
    losses, train, val = evidence.losses, *_final(evidence)
    if not (val > GAP_RATIO * train and val - train > GAP * losses.predict_mean):
        return None
    squared = (predictions(evidence.probes) - evidence.probes.target) ** 2
    rows = len(squared)
    error = np.std(squared) * np.sqrt(1 / rows + 1 / evidence.rows.num_train)
    if rows < GAP_ROWS or not val - train > GAP_ERRORS * error:
        return None
    measured = Gap(train, val, float((val - train) / error))
    return Finding("gap", "symptom", None, span(losses.updates[-1:]), measured)


def _final(evidence: Evidence) -> tuple[float, float]:
    """Returns the final training and validation losses."""
    return float(evidence.losses.train[-1]), float(evidence.losses.val[-1])
