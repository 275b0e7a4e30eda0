"""The Lab's sentences about a run."""

import math
from typing import TYPE_CHECKING

import numpy as np

from dashboard.draw.words import LIKE, RULE, duration, faster, loss, percent, plain
from mlp_core import Settings
from mlp_core.engine.outcome import described
from mlp_core.tasks import is_own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlp_core.analysis.agreement import Agreement
    from mlp_core.data.dataset import Baselines, Scale
    from mlp_core.engine.training import Run

_STEP_IN = (("gradient", "with 4 off"), ("step", "with 4 on"), ("loop", "in this app's engine"))


def answer(
    run: "Run",
    first: "Run | None",
    baselines: "Baselines",
    previous: float | None = None,
) -> str:
    """Returns the result of the run, in two or three sentences.

    Args:
      first: v1's run with the same settings; None if it is not known.
      previous: the val loss of the run shown before this one; None if there was none.
    """
    if run.outcome.is_failed:
        return f"{not_finite(run)} {fed(run)}"
    value = run.final_val_loss
    against = _against(value, first, baselines)
    is_told = first is not None and loss(first.final_val_loss) == loss(previous or 0)
    since = "" if is_told and "v1" in against else _since(value, previous)
    sentences = f"**Val loss {loss(value)}**{against}.", since, not_finite(run), fed(run)
    return " ".join(filter(None, sentences))


def _since(value: float, previous: float | None) -> str:
    """Returns how the val loss compares with that of the run shown before."""
    if previous is None:
        return ""
    if not math.isfinite(previous):
        return f"The run before ended in {loss(previous)}."
    ratio = value / previous if previous else math.inf
    if value == previous or abs(1 - ratio) < LIKE:
        return f"The run before ended at {loss(previous)} too."
    if ratio < 0.1:
        return f"This is 1/{1 / ratio:,.0f} of the run before ({loss(previous)})."
    word = "below" if ratio < 1 else "above"
    return f"This is {percent(abs(ratio - 1))} {word} the run before ({loss(previous)})."


def _against(value: float, first: "Run | None", baselines: "Baselines") -> str:
    if first is not None and first.outcome.is_failed:
        return f"; v1 with these settings ends in {loss(first.final_val_loss)}"
    if value > baselines.predict_mean:
        mean = loss(baselines.predict_mean)
        if loss(value) == mean:
            return f", like always predicting the mean ({mean})"
        return f", worse than always predicting the mean, which reaches {mean}"
    if first is None or first.final_val_loss == value:
        return ""
    ratio = value / first.final_val_loss
    if ratio < 1e-4:
        return ", less than 1/10,000 of v1's"
    if ratio < 0.1:
        return f", 1/{1 / ratio:,.0f} of v1's"
    if abs(1 - ratio) < LIKE:
        return ", like v1"
    word = "below" if ratio < 1 else "above"
    return f", {percent(abs(ratio - 1))} {word} v1"


def agreement(found: "Agreement", fixes: int = 1) -> str:
    """Returns how many seeds agree on the effect of fixes.

    Args:
      fixes: the number of fixes.
    """
    what = "the fix" if fixes == 1 else "the fixes"
    sentence = f"The val loss is lower with {what} for {found.lower} of {len(found.seeds)} seeds."
    before, after = found.failures_before, found.failures_after
    if not before and not after:
        return sentence
    return f"{sentence} {after} runs end in NaN with {what}, {before} without. {RULE}"


def standing(yours: "Run", others: "Mapping[str, Run]") -> str:
    """Returns which of the runs has the lowest val loss, and how many of them this one beats."""
    ends = {label: other.final_val_loss for label, other in others.items()}
    finite = {label: ends[label] for label, run in others.items() if not run.outcome.is_failed}
    mine = yours.final_val_loss
    if not finite:
        which = "Every run" if yours.outcome.is_failed else "Every other run"
        return f"{which} ended in NaN."
    best = min(finite, key=finite.__getitem__)
    if yours.outcome.is_failed:
        return f"**{best}** is the best of them at {loss(finite[best])}; this run ended in NaN."
    if mine < finite[best] * (1 - LIKE):
        return f"This run is the best of them; next comes **{best}** at {loss(finite[best])}."
    beaten = sum(not end <= mine * (1 + LIKE) for end in ends.values())
    said = f"this run beats {beaten or 'none'} of the other {len(ends)}."
    return f"**{best}** is the best of them at {loss(finite[best])}; {said}"


def baselines_line(settings: Settings, baselines: "Baselines") -> str:
    """Returns the task and the losses of the baselines on it."""
    best = baselines.least_possible
    known = "" if best is None else f", and the best rule's expected loss is {loss(best)}"
    if best:
        known += " (on a finite sample its loss can be slightly lower)"
    task = "Your file" if is_own(settings.task) else f"Task {settings.task}"
    return (
        f"{task}: predicting the mean reaches "
        f"{loss(baselines.predict_mean)}, least squares {loss(baselines.least_squares)}{known}."
    )


def in_own_units(val_loss: float, baselines: "Baselines", scale: "Scale", target: str) -> str:
    """Returns the root mean squared errors of the run and of the mean, in the target's own units.

    Args:
      scale: see `mlp_core.data.dataset.target_scale`.
      target: the name of the target.
    """
    off, of_mean = (math.sqrt(value) * scale.unit for value in (val_loss, baselines.predict_mean))
    return (
        f"In units of {plain(target)}, the typical error (root mean square) of the network is "
        f"{off:.3g}; predicting the mean has {of_mean:.3g}."
    )


def two_values(target: str) -> str:
    """Returns what the loss means for a target with two values."""
    return (
        f"{plain(target)} has two values. The loss is the squared error of their numbers, not a "
        "classification loss. The loss of predicting the mean is the baseline to beat."
    )


def shrunk_batch(settings: Settings) -> str:
    """Returns that a small table reduces the batch size to its number of training rows."""
    return f"Each minibatch contains all {settings.num_train} training rows of the table."


def not_finite(run: "Run") -> str:
    """Returns which losses are NaN or infinite, from which update on; empty if all are finite."""
    text = described(run.outcome)
    if not run.outcome.is_failed:
        return text
    finite = run.val_loss[np.isfinite(run.val_loss)]
    reached = f" The last finite val loss was {loss(float(finite[-1]))}." if len(finite) else ""
    return f"**:red[{text}]**{reached}"


def not_finite_mark(run: "Run") -> str:
    """Returns the words for a chart at the first update from which a loss is not finite.

    If only the train or only the val loss is not finite there, the words name it.
    """
    since = run.outcome.since
    first, *others = (each for each in run.outcome.lasting if each.first == since)
    name = "" if others or first.loss == "minibatch" else f"{first.loss} loss "
    return f"{name}{first.value} from update {first.first:,} on"


def fed(run: "Run") -> str:
    """Returns how many minibatches of an epoch are empty, or of the run if it has less than two."""
    rows, every = run.rows_seen, ""
    if len(rows) >= 2 * run.settings.steps_per_epoch:
        rows, every = rows[: run.settings.steps_per_epoch], "every "
    empty = int((rows == 0).sum())
    if not empty:
        return "No minibatch is empty."
    return f"{empty:,} of {every}{len(rows):,} minibatches {'is' if empty == 1 else 'are'} empty."


def rows_trained_on(run: "Run") -> str:
    """Returns the number of rows in all minibatches together."""
    return f"{int(run.rows_seen.sum()):,}"


def rows_in_words(run: "Run") -> str:
    """Returns the number of empty minibatches, or if there is none, the number of epochs."""
    empty = int((run.rows_seen == 0).sum())
    if empty:
        return f"{empty:,} empty {'minibatch' if empty == 1 else 'minibatches'}"
    epochs = run.rows_seen.sum() / run.settings.num_train
    if epochs < 1:
        return f"{percent(epochs)} of the training set"
    return (
        f"{epochs:.1f} times the training set"
        if epochs < 9.95
        else f"{epochs:,.0f} times the training set"
    )


def step_times(step_ms: "Mapping[str, float]") -> str:
    """Returns the time of a step without fix 4, with it, and in the app's engine.

    Args:
      step_ms: by form; forms that were not measured are left out.
    """
    told, before = [], None
    for form, where in _STEP_IN:
        if form not in step_ms:
            continue
        than = f", {faster(before, step_ms[form])}" if before else ""
        told.append(f"{duration(step_ms[form])} {where}{than}")
        before = step_ms[form]
    return f"Per step: {'; '.join(told)}."
