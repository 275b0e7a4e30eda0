"""Can the network express what the target depends on?"""

import numpy as np

from mlp_core.evidence.finding import Check, Finding
from mlp_core.evidence.records import Evidence, Probes

BLIND = 1e-2
"""The scaled inputs' predictions differ by less, in stds of the predictions."""
CONSTANT = 1e-3
"""Predictions that spread less, in stds of the target, say nothing about what the network sees."""
GAIN = 0.2
"""The share of the remaining loss that the inputs' length must explain."""


def scale_response(probes: Probes) -> float:
    """Returns how far predictions move when inputs are scaled, in stds over the rows; RMS."""
    plain = probes.scaled[probes.scales == 1]
    return float(np.sqrt(np.mean((probes.scaled - plain) ** 2)) / np.std(plain))


def length_gain(probes: Probes) -> float:
    """Returns the share of the squared error that goes if the prediction may grow with |x|.

    The target is fitted with 1 and the prediction p, then also with |x| and p |x|; the share is
    adjusted for the two more coefficients. It needs to know nothing of the task.
    """
    p, length = probes.scaled[probes.scales == 1][0], probes.length
    blind = np.column_stack([np.ones_like(p), p])
    seeing = np.column_stack([blind, length, p * length])
    without, with_length = (_mean_square(features, probes.target) for features in (blind, seeing))
    return 1 - with_length / without


def _mean_square(features: np.ndarray, target: np.ndarray) -> float:
    """Returns the residual's square after least squares, over the degrees of freedom left."""
    coefficients, *_ = np.linalg.lstsq(features, target, rcond=None)
    free = len(target) - features.shape[1]
    return float(np.sum((target - features @ coefficients) ** 2) / free)


def _wall(evidence: Evidence) -> Finding | None:
    probes, losses = evidence.probes, evidence.losses
    plain = probes.scaled[probes.scales == 1]
    alive = np.isfinite(probes.scaled).all() and np.isfinite(losses.val[-1])
    if not alive or np.std(plain) <= CONSTANT * np.std(probes.target):
        return None
    gain = length_gain(probes)
    if scale_response(probes) > BLIND or gain < GAIN:
        return None
    lowest, highest = probes.scales.min(), probes.scales.max()
    return Finding(
        name="wall",
        severity="limit",
        title="The network cannot see how long its input is",
        found=(
            f"Inputs scaled by {lowest:g} to {highest:g} move the predictions by less than "
            f"{BLIND:.0%} of their spread. Yet the length of x explains {gain:.0%} of the error "
            f"that is left, of a val loss of {losses.val[-1]:.3g}."
        ),
        why=(
            "LayerNorm divides W x by its own size, so without a bias in front x and 2 x look the "
            "same to every layer behind. No amount of training gets past that."
        ),
        fix="bias_before_norm",
        source="mlp_core.model.outputs",
        updates=_flat(losses.updates, losses.val),
    )


def _flat(updates: np.ndarray, val: np.ndarray) -> tuple[int, int]:
    """Returns from where on the loss has made nine tenths of its way down."""
    reached = np.flatnonzero(val <= val[-1] + 0.1 * np.nanmax(val - val[-1]))
    return int(updates[reached[0]]), int(updates[-1])


CHECKS = (
    Check(
        "wall",
        "Predictions change with the length of the input, if the target does.",
        _wall,
    ),
)
