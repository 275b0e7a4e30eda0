"""Does the optimiser make good use of its gradients?"""

import numpy as np

from mlp_core.evidence.finding import Check, Finding
from mlp_core.evidence.records import Evidence

STRAIGHT = 0.99
"""Cosine between update and gradient from which on the optimiser adds nothing of its own."""
SLOWER = 1.25


def _plain_descent(evidence: Evidence) -> Finding | None:
    alignment = evidence.steps.alignment
    own, adamw = evidence.probes.one_batch[-1], evidence.probes.one_batch_adamw[-1]
    straight = np.isfinite(alignment).any() and np.nanmedian(alignment) > STRAIGHT
    if not straight or not own > SLOWER * adamw:
        return None
    norms = np.nanmedian(evidence.steps.gradient_norm, axis=0)
    return Finding(
        name="plain_descent",
        severity="limit",
        title="Plain gradient descent is slow here",
        found=(
            f"Every update goes straight down the gradient (cosine {np.nanmedian(alignment):.3f}). "
            f"On the first batch alone, {len(evidence.probes.one_batch) - 1} such updates reach a "
            f"loss of {own:.3g}, and as many of AdamW at the same learning rate {adamw:.3g}. "
            f"The layers' gradients differ {norms.max() / norms.min():.1f} times in size."
        ),
        why=(
            "One learning rate for all parameters is held down by the steepest direction and "
            "crawls along the flat ones. AdamW divides each parameter's step by the usual size of "
            "its gradient."
        ),
        fix="adamw",
        source="mlp_core.optimizer.updated",
        updates=(0, len(evidence.rows.seen)),
    )


CHECKS = (
    Check(
        "plain_descent",
        "On one batch, AdamW at the same learning rate is not much faster than this optimiser, "
        "if this one only follows the gradient.",
        _plain_descent,
    ),
)
