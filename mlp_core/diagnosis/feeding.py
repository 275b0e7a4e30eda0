"""Do the updates see the training rows?"""

import numpy as np

from mlp_core.diagnosis.finding import Check, Finding, listed, percent
from mlp_core.diagnosis.records import Evidence

MISSED = 0.01
"""The share of the training rows that may be in no minibatch."""
MOVED = 0.01
"""The share of the parameters' path that may be made on empty minibatches."""


def _empty_batches(evidence: Evidence) -> Finding | None:
    """Finds minibatches without rows. Precondition: none, they are counted."""
    seen = evidence.rows.seen
    empty = np.flatnonzero(seen == 0)
    if not len(empty):
        return None
    rows = evidence.rows
    shapes = listed([str(shape) for shape in rows.shapes])
    return Finding(
        name="empty_batches",
        severity="fault",
        title="Most minibatches are empty"
        if len(empty) > len(seen) / 2
        else "Some minibatches are empty",
        found=(
            f"{len(empty):,} of {len(seen):,} minibatches have no rows. In the first "
            f"{rows.shapes_updates} updates JAX compiles the loss for minibatches of shape "
            f"{shapes}."
        ),
        why=(
            "The mean over no rows is NaN and its gradient is 0, so the update learns nothing from "
            "the data. No error is raised: an empty slice is a valid array."
        ),
        fix="whole_batches",
        source="mlp_core.engine.batches.rows_seen",
        updates=(int(empty[0]), int(empty[-1])),
    )


def _never_seen(evidence: Evidence) -> Finding | None:
    """Finds training rows that are in no minibatch.

    Precondition: all minibatches together have room for every training row.
    """
    rows, updates = evidence.rows, len(evidence.rows.seen)
    times = updates * rows.batch_size / rows.num_train
    if times < 1 or rows.never_seen < MISSED:
        return None
    return Finding(
        name="never_seen",
        severity="symptom",
        title="Part of the training set is never seen",
        found=(
            f"{round(rows.never_seen * rows.num_train):,} of the {rows.num_train:,} training rows "
            f"are in no minibatch, although {updates:,} minibatches of {rows.batch_size:,} have "
            f"room for {times:.3g} times the training set."
        ),
        why=(
            "The run learns nothing from a row that is in no minibatch. The train loss does not "
            "show this, since it is computed over all rows."
        ),
        fix="whole_batches",
        source="mlp_core.engine.batches.batch_rows",
        updates=(0, updates),
    )


def _moved_on_nothing(evidence: Evidence) -> Finding | None:
    """Finds parameters that move in updates without rows.

    Precondition: there are empty minibatches, and the path is finite.
    """
    share, empty = evidence.rows.moved_on_nothing, np.flatnonzero(evidence.rows.seen == 0)
    if not share >= MOVED:
        return None
    return Finding(
        name="moved_on_nothing",
        severity="symptom",
        title="The parameters move on empty minibatches",
        found=(
            f"{percent(share)} of the length of the parameters' path comes from the "
            f"{len(empty):,} updates without rows."
        ),
        why=(
            "Momentum repeats earlier gradients, and weight decay acts without any. The loss can "
            "keep falling, which hides that the minibatches are empty."
        ),
        fix="whole_batches",
        source="mlp_core.engine.optimizer.updated",
        updates=(int(empty[0]), int(empty[-1])),
    )


CHECKS = (
    Check("empty_batches", "Every minibatch has rows.", _empty_batches),
    Check(
        "never_seen",
        f"Less than {MISSED:.0%} of the training rows are in no minibatch, if the minibatches "
        "have room for all.",
        _never_seen,
    ),
    Check(
        "moved_on_nothing",
        f"Less than {MOVED:.0%} of the length of the parameters' path comes from empty "
        "minibatches.",
        _moved_on_nothing,
    ),
)
