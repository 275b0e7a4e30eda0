"""Can the network express what the target depends on?"""

import numpy as np

from mlp_core.diagnosis.finding import Check, Finding, percent
from mlp_core.diagnosis.records import Evidence, Probes

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


def is_constant(probes: Probes) -> bool:
    """Returns whether the predictions do not depend on the input; False if they are not finite."""
    plain = probes.scaled[probes.scales == 1]
    return bool(np.std(plain) <= CONSTANT * np.std(probes.target))


def scale_response(probes: Probes) -> float:
    """Returns the RMS change of the predictions when inputs are scaled, in stds over the rows."""
    plain = probes.scaled[probes.scales == 1]
    return float(np.sqrt(np.mean((probes.scaled - plain) ** 2)) / np.std(plain))


def length_gain(probes: Probes) -> float:
    """Returns the share of the squared error that |x| explains beyond the prediction p.

    The target is fitted with 1 and p, then also with |x| and p |x|, on rows that were not trained
    on. The share is adjusted for the two additional coefficients.
    """
    p, length = probes.scaled[probes.scales == 1][0], probes.length
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


def _wall(evidence: Evidence) -> Finding | None:
    """Finds predictions that ignore the length of the input although the target depends on it.

    Precondition: the run is finite, its predictions vary, training has moved the first layer (a
    bias that has not moved from 0 cannot show), and there are more than 4 validation rows.
    """
    probes, losses = evidence.probes, evidence.losses
    finite = np.isfinite(probes.scaled).all() and not losses.outcome.is_failed
    if not finite or is_constant(probes) or not _has_moved(evidence):
        return None
    rows = len(probes.target)
    if rows <= 4 or scale_response(probes) > BLIND:
        return None
    gain = length_gain(probes)
    if gain < GAIN or not _is_clear(gain, rows):
        return None
    lowest, highest = probes.scales.min(), probes.scales.max()
    return Finding(
        name="wall",
        severity="limit",
        title="The network cannot see how long its input is",
        found=(
            f"Inputs scaled by {lowest:g} to {highest:g} change the predictions by less than "
            f"{BLIND:.0%} of their spread. On the validation rows, the length of x explains "
            f"{percent(gain)} of the remaining error (val loss {losses.val[-1]:.3g})."
        ),
        why=(
            "LayerNorm divides W x by its standard deviation, so without a bias before LayerNorm "
            "x and 2 x look the same to every later layer. Training cannot change that."
        ),
        fix="bias_before_norm",
        source="mlp_core.engine.model.outputs",
        updates=_flat(losses.updates, losses.val),
    )


def _has_moved(evidence: Evidence) -> bool:
    first = [array for name, array in evidence.start.items() if name.startswith("layers[0]")]
    norm = np.sqrt(sum(np.sum(np.square(array)) for array in first))
    return bool(evidence.steps.distance[-1, 0] > MOVED * norm)


def _flat(updates: np.ndarray, val: np.ndarray) -> tuple[int, int]:
    """Returns the updates over which the last tenth of the fall of the loss extends."""
    reached = np.flatnonzero(val <= val[-1] + 0.1 * np.nanmax(val - val[-1]))
    return int(updates[reached[0]]), int(updates[-1])


CHECKS = (
    Check(
        "wall",
        "Predictions change with the length of the input if the target does.",
        _wall,
    ),
)
