"""Checks of the network: LayerNorm, dead units, and whether it can express the target."""

from typing import NamedTuple

import numpy as np

from mlp_core.diagnosis.records import Evidence, Finding, Probes, Severity, span
from mlp_core.engine.outcome import RunOutcome

TINY_GAIN = 0.1
NO_VARIANCE = 1e-6
"""A std over a row's units below this counts as 0: rounding error of equal float32 sums."""
DEAD_SHARE = 0.75
"""The share of a layer's units that must be dead at every record up to the end."""
BLIND = 1e-2
"""Predictions ignore the norm of the input if scaling the inputs changes them by less than this, in
stds of the predictions."""
CONSTANT = 1e-3
"""Predictions whose std is smaller than this, in stds of the target, count as constant."""
GAIN = 0.2
"""The share of the remaining loss that the norm of the input must explain."""
CLEAR = 15.0
"""Minimum F statistic of that share. Chance alone exceeds it in 1 of 4,000 runs with 20 rows, and
in 1 of 3 million with 2,000."""
MOVED = 0.03
"""How far training must have moved the first layer, relative to its initial norm."""


class DrawnNorm(NamedTuple):
    """LayerNorm's initial gains and biases."""

    gains: int
    negative: int
    tiny: int  # within `TINY_GAIN` of 0, including negative ones
    biases: tuple[float, float]  # the smallest and the largest
    dead: tuple[float, ...]  # in each layer, the share of units that are 0 for every training row


def drawn_norm(evidence: Evidence) -> Finding | None:
    """Finds initial gains that are negative or near 0. Precondition: none."""
    gains, biases = gains_and_biases(evidence)
    negative, tiny = int((gains < 0).sum()), int((abs(gains) < TINY_GAIN).sum())
    if negative + tiny == 0:
        return None
    least, greatest, dead = float(biases.min()), float(biases.max()), evidence.units.dead[0]
    measured = DrawnNorm(len(gains), negative, tiny, (least, greatest), tuple(dead.tolist()))
    severity = _severity_of_norm(evidence, "fault")
    return Finding("drawn_norm", severity, "norm_init", (0, 0), measured)


def gains_and_biases(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Returns LayerNorm's initial gains and biases, each of all layers in one 1-D array."""
    gains, biases = (
        np.concatenate([array for name, array in evidence.start.items() if name.endswith(suffix)])
        for suffix in ("].gain", "].bias")
    )
    return gains, biases


class NoVariance(NamedTuple):
    """LayerNorm applied to a row whose units are all equal."""

    loss: float  # of that row; NaN without an epsilon
    smallest_std: float  # over a layer's units, the smallest of all rows and records
    layer: int  # the layer with that std, counted from 1
    is_met: bool  # whether that std is 0, up to rounding
    outcome: RunOutcome


def undefined_output(evidence: Evidence) -> Finding | None:
    """Finds a loss that is NaN for a row constructed to have equal units.

    Precondition: none; the loss of that row is computed.
    """
    if np.isfinite(evidence.probes.zero_variance_loss):
        return None
    return _no_variance(evidence, "undefined_output", "norm_epsilon")


def undefined_gradient(evidence: Evidence) -> Finding | None:
    """Finds a gradient that is NaN for a row constructed to have equal units.

    Precondition: the loss of that row is finite; otherwise `undefined_output` reports it.
    """
    probes = evidence.probes
    if np.isfinite(probes.zero_variance_gradient) or not np.isfinite(probes.zero_variance_loss):
        return None
    return _no_variance(evidence, "undefined_gradient", "epsilon_in_root")


def _no_variance(evidence: Evidence, name: str, fix: str) -> Finding:
    """Returns the finding, at the first update with a NaN loss or at the smallest variance."""
    smallest, losses = evidence.units.smallest_std, evidence.losses
    severity = _severity_of_norm(evidence, "hazard")
    least = float(np.nanmin(smallest))
    record, layer = np.argwhere(smallest == least)[0]
    since = losses.outcome.since
    at = since if since is not None and severity == "fatal" else int(losses.updates[record])
    loss = evidence.probes.zero_variance_loss
    measured = NoVariance(loss, least, int(layer) + 1, least < NO_VARIANCE, losses.outcome)
    return Finding(name, severity, fix, (at, at), measured)


def _severity_of_norm(evidence: Evidence, otherwise: Severity) -> Severity:
    """Returns "fatal" if a row without variance made a loss NaN up to the end, else `otherwise`.

    That is so if the loss or gradient of a row without variance is NaN, and if there was such a row
    when the NaN began. LayerNorm is not blamed if a run diverges for another reason, such as its
    learning rate.
    """
    since, probes = evidence.losses.outcome.since, evidence.probes
    if since is None or np.isfinite(probes.zero_variance_loss + probes.zero_variance_gradient):
        return otherwise
    record = np.searchsorted(evidence.losses.updates, since, "left")
    around = evidence.units.smallest_std[max(0, record - 1) : record + 1]
    return "fatal" if np.nanmin(around, initial=np.inf) < NO_VARIANCE else otherwise


class MostlyDead(NamedTuple):
    """A layer in which most units are 0 for every training row."""

    layer: int  # counted from 1
    updates: tuple[int, int]  # up to the end, or up to the last record with a finite loss
    dead: int  # number of dead units at the last of these updates
    units: int


def dead_layer(evidence: Evidence) -> Finding | None:
    """Finds layers that stay mostly dead up to the end, or until the loss is NaN.

    Units that are dead for a while and recover do no lasting harm. Precondition: none; all training
    rows are evaluated.
    """
    finite = np.flatnonzero(np.isfinite(evidence.losses.train))
    dead = evidence.units.dead[finite]
    if not len(dead) or dead[-1].max() < DEAD_SHARE:
        return None
    layer = int(dead[-1].argmax())
    alive = np.flatnonzero(dead[:, layer] < DEAD_SHARE)
    since = int(alive[-1]) + 1 if len(alive) else 0
    updates = span(evidence.losses.updates[finite[since:]])
    units = evidence.start[f"layers[{layer}].bias"].size
    measured = MostlyDead(layer + 1, updates, round(dead[-1, layer] * units), units)
    is_drawn = since == 0 and drawn_norm(evidence) is not None
    return Finding("dead_layer", "symptom", "norm_init" if is_drawn else None, updates, measured)


class UnseenLength(NamedTuple):
    """Predictions that ignore the norm of the input."""

    scales: tuple[float, float]  # the smallest and the largest factor of the inputs
    response: float  # see `scale_response`
    gain: float  # see `length_gain`
    val_loss: float


def wall(evidence: Evidence) -> Finding | None:
    """Finds predictions that ignore the norm of the input although the target depends on it.

    Precondition: the losses are finite, the predictions vary, training has moved the first layer (a
    bias that is still 0 has no effect), and there are more than 4 validation rows.
    """
    probes, losses, rows = evidence.probes, evidence.losses, len(evidence.probes.target)
    if not np.isfinite(probes.scaled).all() or losses.outcome.is_failed or is_constant(probes):
        return None
    if not _has_moved(evidence) or rows <= 4 or (response := scale_response(probes)) > BLIND:
        return None
    gain = length_gain(probes)
    if gain < GAIN or not _is_clear(gain, rows):
        return None
    scales = float(probes.scales.min()), float(probes.scales.max())
    measured = UnseenLength(scales, response, gain, float(losses.val[-1]))
    return Finding("wall", "limit", "bias_before_norm", _flat(losses.updates, losses.val), measured)


def _has_moved(evidence: Evidence) -> bool:
    first = [array for name, array in evidence.start.items() if name.startswith("layers[0]")]
    norm = np.sqrt(sum(np.sum(np.square(array)) for array in first))
    return bool(evidence.steps.distance[-1, 0] > MOVED * norm)


def _flat(updates: np.ndarray, val: np.ndarray) -> tuple[int, int]:
    """Returns the update at which the loss has made 90% of its decrease, and the last update."""
    reached = val <= val[-1] + 0.1 * np.nanmax(val - val[-1])
    return int(updates[np.argmax(reached)]), int(updates[-1])


def predictions(probes: Probes) -> np.ndarray:
    """Returns the predictions for the unscaled validation rows, `[n]`."""
    return np.asarray(probes.scaled[probes.scales == 1][0])


def is_constant(probes: Probes) -> bool:
    """Returns whether the predictions ignore the input altogether; False if they are not finite."""
    return bool(np.std(predictions(probes)) <= CONSTANT * np.std(probes.target))


def scale_response(probes: Probes) -> float:
    """Returns the RMS change of the predictions under scaled inputs, in stds of the predictions."""
    plain = predictions(probes)
    return float(np.sqrt(np.mean((probes.scaled - plain) ** 2)) / np.std(plain))


def length_gain(probes: Probes) -> float:
    """Returns the share of the squared error that |x| explains in addition to the prediction p.

    The target is fitted with 1 and p, and then with |x| and p |x| as well, on the validation rows.
    The share is adjusted for the two additional coefficients.
    """
    p, length = predictions(probes), probes.length
    blind = np.column_stack([np.ones_like(p), p])
    seeing = np.column_stack([blind, length, p * length])
    without, with_length = (_mean_square(features, probes.target) for features in (blind, seeing))
    return 1 - with_length / without if without else 0.0


def _mean_square(features: np.ndarray, target: np.ndarray) -> float:
    """Returns the squared residual of a least-squares fit, per remaining degree of freedom."""
    coefficients, *_ = np.linalg.lstsq(features, target, rcond=None)
    free = len(target) - features.shape[1]
    return float(np.sum((target - features @ coefficients) ** 2) / free)


def _is_clear(gain: float, rows: int) -> bool:
    """Returns whether `length_gain` is too large to be chance.

    The F test has 2 and `rows - 4` degrees of freedom.
    """
    if gain >= 1:
        return True
    return ((rows - 2) / (1 - gain) - (rows - 4)) / 2 > CLEAR
