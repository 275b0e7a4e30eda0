"""Checks of what a run learns: its updates, and the losses they reach."""

from typing import NamedTuple

import numpy as np

from mlp_core.diagnosis.checks.network import predictions
from mlp_core.diagnosis.records import Evidence, Finding, span
from mlp_core.engine.outcome import RunOutcome

MANY_OPERATIONS = 10
STRAIGHT = 0.99
"""Cosine between update and gradient above which the update is the gradient, only scaled."""
SLOWER = 1.25
"""Times AdamW's loss on the first minibatch that the run's own optimizer must leave."""
MATTERS = 0.005
"""How far these two losses must differ, in losses of predicting the minibatch's mean."""
WORSE = 2.0
"""Times the larger of the first train loss and predicting the mean, at which a run diverged."""
START = 5.0
"""Times the loss of a sound start; see `sound_start`."""
FITTED, UNLIKE_SOUND = 0.03, 3.0
"""What may be left of the first minibatch: a share of predicting its mean, or this many times what
the sound network leaves of it."""
LINEAR = 0.02
"""How far above least squares the train loss may end, in losses of predicting the mean."""
GAP, GAP_RATIO, GAP_ERRORS, GAP_ROWS = 0.01, 1.2, 3.0, 20
"""How far the val loss may end above the train loss: in losses of predicting the mean, in train
losses, and in standard errors, with the fewest validation rows that give a standard error."""


class EagerStep(NamedTuple):
    """An update that is not compiled."""

    operations: int  # that one update sends to the device


def eager_step(evidence: Evidence) -> Finding | None:
    """Finds an update that sends its operations one by one. Precondition: none, it is counted."""
    operations = evidence.probes.operations
    if operations < MANY_OPERATIONS:
        return None
    updates = 0, len(evidence.rows.seen)
    return Finding("eager_step", "cost", "jit_step", updates, EagerStep(operations))


class PlainDescent(NamedTuple):
    """Updates along the gradient, against AdamW's on the first minibatch alone."""

    cosine: float  # between update and gradient, the median
    updates: int  # on that minibatch
    loss: float
    adamw_loss: float
    gradient_ratio: float | None  # of the layers' largest and smallest norm; None if one is 0


def plain_descent(evidence: Evidence) -> Finding | None:
    """Finds updates along the gradient that fit the first minibatch worse than AdamW's do.

    Both fits have the same rows, start, and learning rate, so noise is left over by both.
    Precondition: both end finite, and the minibatch's targets differ.
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
    """A run whose losses are not finite, or end far above their start."""

    outcome: RunOutcome
    lowest: float  # train loss; NaN if it was never a number
    lowest_at: int  # after how many updates
    final: float  # train loss


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
    """The train loss at the start."""

    loss: float
    sound: float  # see `sound_start`


def sound_start(mean_square_target: float) -> float:
    """Returns the loss that a sound start has on average.

    Its predictions do not depend on the targets and have mean square 2, whatever the widths: 1 from
    the last layer (weights of variance 2 / I, I units of mean square 1/2), 1 from the head's bias.
    """
    return mean_square_target + 2.0


def start_loss(evidence: Evidence) -> Finding | None:
    """Finds predictions that start much larger than those of a sound start.

    Targets far from 0, or small ones, make any start worse than predicting the mean. So the start
    is compared with a sound one on the same targets. Precondition: none.
    """
    start, sound = evidence.losses.train[0], sound_start(evidence.losses.mean_square_target)
    if not start > START * sound:
        return None
    return Finding("start_loss", "symptom", None, (0, 0), StartLoss(float(start), sound))


class BatchFit(NamedTuple):
    """Losses on the first minibatch after as many updates on it alone."""

    updates: int
    loss: float
    sound: float  # of AdamW's default updates, on a network of the same widths with every fix
    predict_mean: float


def one_batch(evidence: Evidence) -> Finding | None:
    """Finds a first minibatch that a sound network of the same widths fits better.

    Nobody knows how far noise, repeated inputs, or too few parameters let the loss fall. So the
    limit is what the sound network reaches with the same rows and as many updates. Precondition:
    that fit ends finite. Where the minibatch's targets hardly differ, its mean is no measure: then
    the whole training set's is.
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
    """The final losses, and those of a linear least-squares fit."""

    train: float
    val: float
    linear_train: float
    linear_val: float


def least_squares(evidence: Evidence) -> Finding | None:
    """Finds a linear fit that is better on the training rows themselves, and on new rows.

    On new rows alone it can be better because the network has fitted noise, which is no failure to
    learn (see `gap`). On the training rows noise helps the network. Precondition: the losses are
    finite, and the targets vary.
    """
    losses, train, val = evidence.losses, *_final(evidence)
    excess = train - losses.least_squares_train
    if not (excess > LINEAR * losses.predict_mean and val > losses.least_squares):
        return None
    measured = LinearFit(train, val, losses.least_squares_train, losses.least_squares)
    return Finding("least_squares", "symptom", None, span(losses.updates[-1:]), measured)


class Gap(NamedTuple):
    """The final losses, and by how many standard errors they differ."""

    train: float
    val: float
    errors: float


def gap(evidence: Evidence) -> Finding | None:
    """Finds a val loss above the train loss by more than the choice of the rows explains.

    The standard error of the difference, were all rows new: s sqrt(1 / n + 1 / N), s the std of the
    squared errors of n validation rows, N the training rows. Precondition: the losses are finite,
    and n is at least `GAP_ROWS`.
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
    """Returns the train and the val loss at the end."""
    return float(evidence.losses.train[-1]), float(evidence.losses.val[-1])
