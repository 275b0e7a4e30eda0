"""Is the run in good health, whatever the cause if not?"""

import numpy as np

from mlp_core.diagnosis.finding import Check, Finding
from mlp_core.diagnosis.records import Evidence
from mlp_core.engine.outcome import described

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


def _diverged(evidence: Evidence) -> Finding | None:
    """Finds losses that are not finite or end far above their start. Precondition: none."""
    losses = evidence.losses
    since = losses.outcome.since
    if since is not None:
        first, *others = {each.value for each in losses.outcome.lasting}
        title = f"The loss is {'not finite' if others else first}"
        return _divergence(title, described(losses.outcome), (since, int(losses.updates[-1])))
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
        source="mlp_core.engine.optimizer.updated",
        updates=updates,
    )


def sound_start(mean_square_target: float) -> float:
    """Returns the loss that a sound start has on average.

    Its predictions do not depend on the targets and have mean square 2, whatever the widths: 1 from
    the last layer (weights of variance 2 / I, I units of mean square 1/2), 1 from the head's bias.
    """
    return mean_square_target + 2.0


def _start_loss(evidence: Evidence) -> Finding | None:
    """Finds predictions that start much larger than those of a sound start.

    Targets far from 0, or small ones, make any start worse than predicting the mean. So the start
    is compared with a sound one on the same targets. Precondition: none.
    """
    start, sound = evidence.losses.train[0], sound_start(evidence.losses.mean_square_target)
    if not start > START * sound:
        return None
    return Finding(
        name="start_loss",
        severity="symptom",
        title="The run starts far off",
        found=(
            f"The train loss starts at {start:.3g}. A start with scaled weights and unit gains "
            f"averages {sound:.3g} on these targets."
        ),
        why=(
            "Initial predictions should be small, so that the first updates learn the target. Here "
            "they first have to undo the start."
        ),
        fix=None,
        source="mlp_core.engine.model.init",
        updates=(0, 0),
    )


def _one_batch(evidence: Evidence) -> Finding | None:
    """Finds a first minibatch that a sound network of the same widths fits better.

    Nobody knows how far noise, repeated inputs, or too few parameters let the loss fall. So the
    limit is what the sound network reaches with the same rows and as many updates. Precondition:
    that fit ends finite. Where the minibatch's targets hardly differ, its mean is no measure: then
    the whole training set's is.
    """
    probes = evidence.probes
    own, sound = probes.one_batch[-1], probes.one_batch_sound[-1]
    guess = probes.one_batch_predict_mean
    fitted = FITTED * max(guess, evidence.losses.predict_mean)
    if not np.isfinite(sound) or own <= max(fitted, UNLIKE_SOUND * sound):
        return None
    return Finding(
        name="one_batch",
        severity="symptom",
        title="It fits one minibatch worse than it could",
        found=(
            f"On the first minibatch alone, {len(probes.one_batch) - 1} updates of this run end at "
            f"a loss of {f'{own:.3g}'.replace('nan', 'NaN')}. The same number of default AdamW "
            f"updates reaches {sound:.3g} on a network of the same widths with every fix; "
            f"predicting the mean gives {guess:.3g}."
        ),
        why=(
            "Both fits have the same rows, so the data cannot explain the difference. The network, "
            "its start, or its updates do, the learning rate included."
        ),
        fix=None,
        source="mlp_core.engine.optimizer.updated",
        updates=(0, 0),
    )


def _least_squares(evidence: Evidence) -> Finding | None:
    """Finds a linear fit that is better on the training rows themselves, and on new rows.

    On new rows alone it can be better because the network has fitted noise, which is no failure to
    learn (see `_gap`). On the training rows noise helps the network. Precondition: the losses are
    finite, and the targets vary.
    """
    losses = evidence.losses
    excess = losses.train[-1] - losses.least_squares_train
    if not (excess > LINEAR * losses.predict_mean and losses.val[-1] > losses.least_squares):
        return None
    linear = [_or_zero(loss) for loss in (losses.least_squares_train, losses.least_squares)]
    return Finding(
        name="least_squares",
        severity="symptom",
        title="A straight line does better",
        found=(
            f"The train loss ends at {losses.train[-1]:.3g} and the val loss at "
            f"{losses.val[-1]:.3g}. A linear least-squares fit to the training rows gives "
            f"{linear[0]} and {linear[1]}."
        ),
        why=(
            "A linear fit is better on the very rows that the network was trained on. So the "
            "network has not learned what these rows show."
        ),
        fix=None,
        source="mlp_core.data.dataset.baselines",
        updates=_at_the_end(evidence),
    )


def _or_zero(loss: float) -> str:
    """Returns a loss, 0 where only rounding is left of it."""
    return "0" if loss < 1e-6 else f"{loss:.3g}"


def _gap(evidence: Evidence) -> Finding | None:
    """Finds a val loss above the train loss by more than the choice of the rows explains.

    The standard error of the difference, were all rows new: s sqrt(1 / n + 1 / N), s the std of the
    squared errors of n validation rows, N the training rows. Precondition: the losses are finite,
    and n is at least `GAP_ROWS`.
    """
    losses, probes = evidence.losses, evidence.probes
    train, val = losses.train[-1], losses.val[-1]
    if not (val > GAP_RATIO * train and val - train > GAP * losses.predict_mean):
        return None
    squared = (probes.scaled[probes.scales == 1][0] - probes.target) ** 2
    rows = len(squared)
    error = np.std(squared) * np.sqrt(1 / rows + 1 / evidence.rows.num_train)
    if rows < GAP_ROWS or not val - train > GAP_ERRORS * error:
        return None
    return Finding(
        name="gap",
        severity="symptom",
        title="It does worse on rows it has not trained on",
        found=(
            f"The train loss ends at {train:.3g}, the val loss at {val:.3g}. The difference is "
            f"{(val - train) / error:.0f} standard errors."
        ),
        why=(
            "What the network has learned from the training rows holds only in part for new rows. "
            "More rows, fewer parameters, or fewer updates narrow the gap."
        ),
        fix=None,
        source="mlp_core.data.dataset.dataset",
        updates=_at_the_end(evidence),
    )


def _at_the_end(evidence: Evidence) -> tuple[int, int]:
    end = int(evidence.losses.updates[-1])
    return end, end


CHECKS = (
    Check(
        "diverged",
        f"The losses stay finite, and the train loss does not end above {WORSE:g} times the larger "
        "of its start and predicting the mean.",
        _diverged,
    ),
    Check(
        "start_loss",
        f"The train loss starts below {START:g} times the average of sound starts.",
        _start_loss,
    ),
    Check(
        "one_batch",
        f"One minibatch is fitted to {FITTED:.0%} of predicting its mean, or to {UNLIKE_SOUND:g} "
        "times what a sound network leaves of it.",
        _one_batch,
    ),
    Check(
        "least_squares",
        f"The train loss ends less than {LINEAR:.0%} of predicting the mean above least squares.",
        _least_squares,
    ),
    Check(
        "gap",
        f"The val loss ends less than {GAP_RATIO - 1:.0%} or {GAP_ERRORS:g} standard errors above "
        "the train loss.",
        _gap,
    ),
)
