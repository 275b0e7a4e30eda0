"""Does the optimizer make good use of its gradients?"""

import numpy as np

from mlp_core.diagnosis.finding import Check, Finding
from mlp_core.diagnosis.records import Evidence

STRAIGHT = 0.99
"""Cosine between update and gradient above which the update is the gradient, only scaled."""
SLOWER = 1.25
"""Times AdamW's loss on the first minibatch that this optimizer must leave."""
MATTERS = 0.005
"""How far the two losses must differ, in losses of predicting the minibatch's mean."""


def _plain_descent(evidence: Evidence) -> Finding | None:
    """Finds updates along the gradient that fit the first minibatch worse than AdamW's do.

    Both fits have the same rows, start, and learning rate, so noise is left over by both.
    Precondition: both end finite, and the minibatch's targets differ.
    """
    alignment, probes = evidence.steps.alignment, evidence.probes
    own, adamw = probes.one_batch[-1], probes.one_batch_adamw[-1]
    if not np.isfinite([own, adamw]).all() or not np.isfinite(alignment).any():
        return None
    cosine = np.nanmedian(alignment)
    slower = own > SLOWER * adamw and own - adamw > MATTERS * probes.one_batch_predict_mean
    if cosine <= STRAIGHT or not slower:
        return None
    return Finding(
        name="plain_descent",
        severity="limit",
        title="Plain gradient descent is slower than AdamW",
        found=(
            f"The updates follow the gradient (median cosine {cosine:.3f}). On the first minibatch "
            f"alone, {len(probes.one_batch) - 1} of them reach a loss of {own:.3g}, and the same "
            f"number of AdamW updates at the same learning rate {adamw:.3g}."
            f"{_gradient_sizes(evidence)}"
        ),
        why=(
            "With one learning rate for all parameters, the steepest direction limits the learning "
            "rate, and flat directions learn slowly. AdamW divides each parameter's update by the "
            "typical size of its gradient."
        ),
        fix="adamw",
        source="mlp_core.engine.optimizer.updated",
        updates=(0, len(evidence.rows.seen)),
    )


def _gradient_sizes(evidence: Evidence) -> str:
    norms = np.nanmedian(evidence.steps.gradient_norm, axis=0)
    if not norms.min() > 0:
        return ""
    ratio = norms.max() / norms.min()
    return f" The largest gradient norm of a layer is {ratio:.1f}x the smallest."


CHECKS = (
    Check(
        "plain_descent",
        "If the updates only follow the gradient, AdamW at the same learning rate does not fit "
        f"one minibatch to less than 1/{SLOWER:g} of their loss.",
        _plain_descent,
    ),
)
