"""Do the updates see the training rows?"""

import numpy as np

from mlp_core.evidence.finding import Check, Finding, listed
from mlp_core.evidence.records import Evidence

MISSED = 0.01
MOVED = 0.01


def _empty_batches(evidence: Evidence) -> Finding | None:
    seen = evidence.rows.seen
    empty = np.flatnonzero(seen == 0)
    if not len(empty):
        return None
    rows = evidence.rows
    shapes = listed([str(shape) for shape in rows.shapes])
    return Finding(
        name="empty_batches",
        severity="fault",
        title="Most updates see no data"
        if len(empty) > len(seen) / 2
        else "Some batches are empty",
        found=(
            f"{len(empty):,} of {len(seen):,} updates ({len(empty) / len(seen):.0%}) had a batch "
            f"without rows. In the first {rows.shapes_updates} updates JAX compiled the loss for "
            f"batches of shape {shapes}."
        ),
        why=(
            "The mean over no rows is NaN and its gradient 0, so such an update teaches nothing. "
            "Nothing stops the program either: an empty slice is a valid array."
        ),
        fix="whole_batches",
        source="mlp_core.batches.rows_seen",
        updates=(int(empty[0]), int(empty[-1])),
    )


def _never_seen(evidence: Evidence) -> Finding | None:
    rows, updates = evidence.rows, len(evidence.rows.seen)
    times = updates * rows.batch_size / rows.num_train
    if times < 1 or rows.never_seen < MISSED:
        return None
    return Finding(
        name="never_seen",
        severity="symptom",
        title="Part of the training set is never seen",
        found=(
            f"{rows.never_seen:.0%} of the {rows.num_train:,} training rows were in no batch. "
            f"{updates:,} batches of {rows.batch_size:,} could show each row {times:.0f} times."
        ),
        why=(
            "What is never shown cannot be learned. The train loss does not tell: it is taken over "
            "all rows, shown or not."
        ),
        fix="whole_batches",
        source="mlp_core.batches.batch_rows",
        updates=(0, updates),
    )


def _moved_on_nothing(evidence: Evidence) -> Finding | None:
    share, empty = evidence.rows.moved_on_nothing, np.flatnonzero(evidence.rows.seen == 0)
    if not share >= MOVED:
        return None
    return Finding(
        name="moved_on_nothing",
        severity="symptom",
        title="The parameters move on empty batches",
        found=(
            f"{share:.0%} of the way that the parameters went was made in the {len(empty):,} "
            "updates without rows."
        ),
        why=(
            "An optimiser with momentum goes on with the last gradients, and weight decay with its "
            "own. So the loss still falls and hides that there is no data."
        ),
        fix="whole_batches",
        source="mlp_core.optimizer.updated",
        updates=(int(empty[0]), int(empty[-1])),
    )


CHECKS = (
    Check("empty_batches", "Every update's batch has rows.", _empty_batches),
    Check(
        "never_seen",
        f"All but {MISSED:.0%} of the training rows are in some batch, if the batches suffice.",
        _never_seen,
    ),
    Check(
        "moved_on_nothing",
        f"At most {MOVED:.0%} of the parameters' way is made on empty batches.",
        _moved_on_nothing,
    ),
)
