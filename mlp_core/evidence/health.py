"""Is the run in good health, whatever the cause if not?"""

import numpy as np

from mlp_core.evidence.finding import Check, Finding
from mlp_core.evidence.records import Evidence

WORSE = 2.0
START = 5.0
FITTED = 0.03
LINEAR = 0.02
GAP, GAP_RATIO = 0.01, 1.2
"""All but the last in losses of predicting the mean. They rest on the post's task with the seeds
from 1000 on, 71 sound runs and 14 with each bug alone. Sound ones start at 3.3 at most, fit a batch
to 0.014, end 0.0023 above least squares and 0.0015 above their train loss. A network that cannot
see |x| fits a batch to 0.041 at best and ends 0.09 above least squares, plain descent fits it to
0.033, empty batches end 0.11 above.
"""


def _diverged(evidence: Evidence) -> Finding | None:
    losses = evidence.losses
    if losses.died_after is not None:
        died = losses.died_after
        found = f"After {died} of {losses.updates[-1]} updates the losses are no numbers any more."
        return _divergence("The run died", found, (died, int(losses.updates[-1])))
    if losses.train[-1] <= WORSE * np.fmax(losses.train[0], losses.predict_mean):
        return None
    least = int(losses.updates[np.nanargmin(losses.train)])
    found = (
        f"The train loss was least, {np.nanmin(losses.train):.3g}, after {least} updates. "
        f"It ended at {losses.train[-1]:.3g}."
    )
    return _divergence("The run diverged", found, (least, int(losses.updates[-1])))


def _divergence(title: str, found: str, updates: tuple[int, int]) -> Finding:
    return Finding(
        name="diverged",
        severity="fatal",
        title=title,
        found=found,
        why=(
            "A parameter that is NaN makes every prediction NaN, and nothing brings it back. One "
            "that grows without bound gets there too."
        ),
        fix=None,
        source="mlp_core.optimizer.updated",
        updates=updates,
    )


def _start_loss(evidence: Evidence) -> Finding | None:
    losses = evidence.losses
    ratio = losses.train[0] / losses.predict_mean
    if not ratio > START:
        return None
    return Finding(
        name="start_loss",
        severity="symptom",
        title="The run starts far worse than a guess",
        found=(
            f"The train loss starts at {losses.train[0]:.3g}, {ratio:.1f} times that of always "
            f"predicting the mean ({losses.predict_mean:.3g})."
        ),
        why=(
            "A sound start predicts about the mean, a little off. The first updates are spent on "
            "undoing a start that is much worse."
        ),
        fix=None,
        source="mlp_core.model.init",
        updates=(0, 0),
    )


def _one_batch(evidence: Evidence) -> Finding | None:
    probes = evidence.probes
    left, guess = probes.one_batch[-1], probes.one_batch_predict_mean
    if left <= FITTED * guess:
        return None
    at = f"still {left:.3g}" if np.isfinite(left) else "no number any more"
    return Finding(
        name="one_batch",
        severity="symptom",
        title="It cannot even fit one batch",
        found=(
            f"Trained on its first batch alone for {len(probes.one_batch) - 1} updates, the loss "
            f"there is {at}; predicting that batch's mean gives {guess:.3g}."
        ),
        why=(
            "A sound network with a sound optimiser learns a single batch nearly by heart. If it "
            "does not, the cause is one of these two and not the data."
        ),
        fix=None,
        source="mlp_core.optimizer.updated",
        updates=(0, 0),
    )


def _least_squares(evidence: Evidence) -> Finding | None:
    losses = evidence.losses
    excess = (losses.val[-1] - losses.least_squares) / losses.predict_mean
    if not excess > LINEAR:
        return None
    return Finding(
        name="least_squares",
        severity="symptom",
        title="A straight line does better",
        found=(
            f"The val loss ends at {losses.val[-1]:.3g}. A straight line through the same rows, by "
            f"least squares, gives {_or_zero(losses.least_squares)} without any training."
        ),
        why=(
            "A network that loses to a linear fit has not learned what is there to learn. The "
            "distance says how much is left to find."
        ),
        fix=None,
        source="mlp_core.data.baselines",
        updates=_at_the_end(evidence),
    )


def _or_zero(loss: float) -> str:
    """Returns a loss, 0 where only rounding is left of it."""
    return "0" if loss < 1e-6 else f"{loss:.3g}"


def _gap(evidence: Evidence) -> Finding | None:
    losses = evidence.losses
    train, val = losses.train[-1], losses.val[-1]
    if not (val > GAP_RATIO * train and val - train > GAP * losses.predict_mean):
        return None
    return Finding(
        name="gap",
        severity="symptom",
        title="It does worse on rows it has not trained on",
        found=f"The train loss ends at {train:.3g}, the val loss at {val:.3g}.",
        why=(
            "What was learned by heart does not help with new rows. More rows, fewer parameters or "
            "fewer updates narrow the gap."
        ),
        fix=None,
        source="mlp_core.data.dataset",
        updates=_at_the_end(evidence),
    )


def _at_the_end(evidence: Evidence) -> tuple[int, int]:
    end = int(evidence.losses.updates[-1])
    return end, end


CHECKS = (
    Check("diverged", "The losses stay numbers and end below where they start.", _diverged),
    Check(
        "start_loss",
        f"The start is not {START:g} times as bad as predicting the mean.",
        _start_loss,
    ),
    Check(
        "one_batch",
        f"One batch can be fitted to {FITTED:.0%} of what predicting its mean gives.",
        _one_batch,
    ),
    Check(
        "least_squares",
        f"The val loss ends less than {LINEAR:.0%} of predicting the mean above least squares.",
        _least_squares,
    ),
    Check("gap", "The val loss is not much above the train loss.", _gap),
)
