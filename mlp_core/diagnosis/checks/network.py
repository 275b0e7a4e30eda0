"""Checks of the network: LayerNorm, dead units, and whether it can express the target."""

from typing import NamedTuple

import numpy as np

from mlp_core.diagnosis.records import Evidence, Finding, Probes, Severity, span
from mlp_core.engine.outcome import RunOutcome

TINY_GAIN = 0.1
NO_VARIANCE = 1e-6
"""The std over a row's units that counts as 0: what float32 leaves of sums that are equal."""
DEAD_SHARE = 0.75
"""The share of a layer's units that must be dead at every record up to the end."""
BLIND = 1e-2
"""The scaled inputs' predictions differ by less, in stds of the predictions."""
CONSTANT = 1e-3
"""Predictions that spread less, in stds of the target, say nothing about what the network sees."""
GAIN = 0.2
"""The share of the remaining loss that the inputs' length must explain."""
CLEAR = 15.0
"""The F statistic of that share. By chance it is exceeded in 1 of 4,000 runs with 20 rows, and in 1
of 3 million with 2,000."""
MOVED = 0.03
"""How far training must have moved the first layer, as a share of its norm at the start."""


class DrawnNorm(NamedTuple):
    """LayerNorm's gains and biases at the start."""

    gains: int
    negative: int
    tiny: int  # within `TINY_GAIN` of 0, also those that are negative
    biases: tuple[float, float]  # the least and the greatest
    dead: tuple[float, ...]  # by layer, the share of units that are 0 for every training row


def drawn_norm(evidence: Evidence) -> Finding | None:
    """Finds gains that start negative or near 0. Precondition: none, the start is looked at."""
    gains, biases = gains_and_biases(evidence)
    negative, tiny = int((gains < 0).sum()), int((abs(gains) < TINY_GAIN).sum())
    if negative + tiny == 0:
        return None
    least, greatest, dead = float(biases.min()), float(biases.max()), evidence.units.dead[0]
    measured = DrawnNorm(len(gains), negative, tiny, (least, greatest), tuple(dead.tolist()))
    severity = _severity_of_norm(evidence, "fault")
    return Finding("drawn_norm", severity, "norm_init", (0, 0), measured)


def gains_and_biases(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Returns LayerNorm's gains and biases at the start, those of all layers in a row."""
    gains, biases = (
        np.concatenate([array for name, array in evidence.start.items() if name.endswith(suffix)])
        for suffix in ("].gain", "].bias")
    )
    return gains, biases


class NoVariance(NamedTuple):
    """What LayerNorm makes of a row whose units are all equal."""

    loss: float  # of such a row; NaN without an epsilon
    smallest_std: float  # over a layer's units, of all rows and records
    layer: int  # in which that std is, counted from 1
    is_met: bool  # whether it is 0, up to rounding
    outcome: RunOutcome


def undefined_output(evidence: Evidence) -> Finding | None:
    """Finds a loss that is NaN for a row made to have equal units. Precondition: none, tried."""
    if np.isfinite(evidence.probes.zero_variance_loss):
        return None
    return _no_variance(evidence, "undefined_output", "norm_epsilon")


def undefined_gradient(evidence: Evidence) -> Finding | None:
    """Finds a gradient that is NaN for a row made to have equal units.

    Precondition: the loss of that row is finite; else `undefined_output` says so.
    """
    probes = evidence.probes
    if np.isfinite(probes.zero_variance_gradient) or not np.isfinite(probes.zero_variance_loss):
        return None
    return _no_variance(evidence, "undefined_gradient", "epsilon_in_root")


def _no_variance(evidence: Evidence, name: str, fix: str) -> Finding:
    """Returns the finding, at the update that made a loss NaN or else had the least variance."""
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
    """Returns "fatal" if a row without variance made a loss NaN up to the end.

    It did if such a row has no loss or gradient, and there was one where the NaN began. A run that
    diverges for another reason, such as its learning rate, is not blamed on LayerNorm.
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
    updates: tuple[int, int]  # up to the end, or to the last record with a finite loss
    dead: int  # units at the last of these updates
    units: int


def dead_layer(evidence: Evidence) -> Finding | None:
    """Finds layers that stay mostly dead up to the end, or up to the NaN.

    Units that are dead for a while and recover did no lasting harm. Precondition: none, all
    training rows are looked at.
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
    """Predictions that ignore the length of the input."""

    scales: tuple[float, float]  # the least and the greatest factor of the inputs
    response: float  # see `scale_response`
    gain: float  # see `length_gain`
    val_loss: float


def wall(evidence: Evidence) -> Finding | None:
    """Finds predictions that ignore the length of the input although the target depends on it.

    Precondition: the run is finite, its predictions vary, training has moved the first layer (a
    bias that has not moved from 0 cannot show), and there are more than 4 validation rows.
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
    """Returns the updates over which the last tenth of the fall of the loss extends."""
    reached = val <= val[-1] + 0.1 * np.nanmax(val - val[-1])
    return int(updates[np.argmax(reached)]), int(updates[-1])


def predictions(probes: Probes) -> np.ndarray:
    """Returns the predictions for the validation rows as they are, `[n]`."""
    return np.asarray(probes.scaled[probes.scales == 1][0])


def is_constant(probes: Probes) -> bool:
    """Returns whether the predictions do not depend on the input; False if they are not finite."""
    return bool(np.std(predictions(probes)) <= CONSTANT * np.std(probes.target))


def scale_response(probes: Probes) -> float:
    """Returns the RMS change of the predictions when inputs are scaled, in stds over the rows."""
    plain = predictions(probes)
    return float(np.sqrt(np.mean((probes.scaled - plain) ** 2)) / np.std(plain))


def length_gain(probes: Probes) -> float:
    """Returns the share of the squared error that |x| explains beyond the prediction p.

    The target is fitted with 1 and p, then also with |x| and p |x|, on rows that were not trained
    on. The share is adjusted for the two additional coefficients.
    """
    p, length = predictions(probes), probes.length
    blind = np.column_stack([np.ones_like(p), p])
    seeing = np.column_stack([blind, length, p * length])
    without, with_length = (_mean_square(features, probes.target) for features in (blind, seeing))
    return 1 - with_length / without if without else 0.0


def _mean_square(features: np.ndarray, target: np.ndarray) -> float:
    """Returns the squared residual of least squares over the degrees of freedom left."""
    coefficients, *_ = np.linalg.lstsq(features, target, rcond=None)
    free = len(target) - features.shape[1]
    return float(np.sum((target - features @ coefficients) ** 2) / free)


def _is_clear(gain: float, rows: int) -> bool:
    """Returns whether `length_gain` is too large to be chance: F with 2 and `rows - 4` degrees."""
    if gain >= 1:
        return True
    return ((rows - 2) / (1 - gain) - (rows - 4)) / 2 > CLEAR
