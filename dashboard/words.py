"""Sentences and numbers as a learner reads them. Everything is made from the values passed in."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from dashboard.choice import Choice
from dashboard.switches import SWITCH
from mlp_core import STAGES, Fixes, Settings
from mlp_core.engine.outcome import described
from mlp_core.switches import SWITCHES
from mlp_core.tasks import OWN, is_own

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mlp_core.data.dataset import Baselines, Scale
    from mlp_core.engine.training import Run

SETTING = {
    "seed": "seed",
    "task": "task",
    "examples": "examples",
    "noise": "noise",
    "val_share": "validation share",
    "hidden": "hidden sizes",
    "steps": "steps",
    "batch_size": "batch size",
    "learning_rate": "learning rate",
    "weight_decay": "weight decay",
    "schedule": "schedule",
    "clip_norm": "clip norm",
    "validate": "validate on",
}
"""The words for each setting, in labels and in names of runs."""

TASK = {
    "sum": "y = x₁ + x₂ + x₃ + x₄ + x₅, the post's task. A linear model solves it.",
    "product": "y = x₁x₂ + x₃x₄ + x₅. A linear model sees nothing of the products.",
    "friedman": "Friedman #1: y = 10 sin(π x₁x₂) + 20 (x₃ − ½)² + 10 x₄ + 5 x₅, features from 0 to "
    "1 and five more that do nothing. All are standardized.",
    "sine": "y = sin(2x), one feature. Without a bias before LayerNorm the network can see no more "
    "of it than its sign.",
    "length": "y = |x| of five features: the very thing that the post's network cannot see.",
    "diabetes": "442 patients: from ten measurements, how far their diabetes is a year later "
    "(Efron and others, 2004). Standardized. So few rows are soon known by heart.",
    OWN: "A file of your own, standardized and split by the seed. It stays in this session.",
}
"""What each task is, for readers."""


def in_labels(message: str) -> str:
    """Returns a message of `Settings` with its fields named as the controls are."""
    for name, label in sorted(SETTING.items(), key=lambda item: -len(item[0])):
        message = message.replace(name, label)
    return message[:1].upper() + message[1:]


def reason(error: Exception | None) -> str:
    """Returns why work failed, as the end of a sentence: what a reader can change, or no detail."""
    if isinstance(error, ValueError):
        text = in_labels(str(error)).rstrip(".")
        return plain(text[:1].lower() + text[1:], 300)
    return "the server could not do it, and its log says why. Smaller settings may help"


_DEFAULTS = Settings()
_STEP_IN = (("gradient", "with 4 off"), ("step", "with 4 on"), ("loop", "in this app's engine"))
_LIKE = 0.005  # losses that differ by a smaller share count as equal
_JOINER = "\N{WORD JOINER}"  # has no width and allows no break
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def loss(value: float) -> str:
    """Returns a loss with about three digits, "NaN" for one that is none."""
    if math.isnan(value):
        return "NaN"
    if value < 1e-6:
        return "0"
    if math.isinf(value):
        return "infinite"
    if value >= 99_999.5 or value < 1e-3:
        return scientific(value)
    if value >= 99.995:
        return f"{value:,.0f}"
    return f"{value:.4f}" if value < 0.01 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def scientific(value: float) -> str:
    """Returns a positive number with two digits and a power of ten."""
    digits, power = f"{value:.1e}".split("e")
    return f"{digits} × 10{str(int(power)).translate(_RAISED)}"


def change(now: float, before: float) -> str | None:
    """Returns `now / before - 1` in percent, with its sign; None if that means nothing."""
    if not (math.isfinite(now) and math.isfinite(before) and before > 0):
        return None
    relative = now / before - 1
    if abs(relative) < _LIKE:
        return "0%"
    return f"{'+' if relative > 0 else '-'}{percent(abs(relative))}"


def percent(share: float) -> str:
    """Returns a share of at least 0 in percent: as 0 % or 100 % only where it is exactly that."""
    value = 100 * share
    if value >= 99_999.5:
        return f"{scientific(value)}%"
    from_round = min(abs(value), abs(value - 100))
    digits = max(0, math.ceil(-math.log10(from_round))) if from_round > 1e-9 else 0
    return f"{value:,.{digits}f}%"


def counted(count: int, noun: str) -> str:
    """Returns a number with its noun: `1 seed`, `1,000 seeds`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(parts: Sequence[str]) -> str:
    """Returns `a`, `a and b`, or `a, b, and c`."""
    if len(parts) <= 2:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}"


def setting(value: object) -> str:
    """Returns a setting's value as it is typed."""
    if isinstance(value, str) and is_own(value):
        return OWN
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "none" if value is None else str(value).removesuffix(".0")


def plain(text: str, most: int = 60) -> str:
    """Returns what a stranger wrote, such that Markdown shows it as it is, cut off if long."""
    text = "".join(sign for sign in " ".join(text.split()) if not _acts_unseen(sign))
    short = text if len(text) <= most else text[: most - 1] + "…"
    escaped = re.sub(r"([\\`*_{}\[\]()<>#+.!|~$:&@-])", r"\\\1", short)
    # Links, icons and arrows are also made from what is left when the escapes are taken off.
    return re.sub(r"(www|[:<@-])", rf"\1{_JOINER}", escaped, flags=re.IGNORECASE)


def _acts_unseen(sign: str) -> bool:
    """Returns whether a sign is a control character or turns the direction of those after it."""
    return unicodedata.category(sign) == "Cc" or unicodedata.bidirectional(sign) in _TURNS


def stage_of(fixes: Fixes) -> str | None:
    """Returns the stage of the post with exactly these fixes, None if there is none."""
    return next((name for name, stage in STAGES.items() if stage == fixes), None)


def combination(fixes: Fixes) -> str:
    """Returns the stage of the post with exactly these fixes, or else what is on."""
    on = [SWITCH[name].on or SWITCH[name].short for name in SWITCHES if getattr(fixes, name)]
    return stage_of(fixes) or " + ".join(["v1", *on])


def name(choice: Choice, beside: Settings = _DEFAULTS) -> str:
    """Returns a run's name, which no other run on the page has.

    It is its `combination` with each setting that is not the post's or not the page's.

    Args:
      beside: the settings of the run that the page is about.
    """
    named = []
    for field in fields(Settings):
        value = getattr(choice.settings, field.name)
        if not value == getattr(_DEFAULTS, field.name) == getattr(beside, field.name):
            named.append(f"{SETTING[field.name]} {setting(value)}")
    return ", ".join([combination(choice.fixes), *named])


def answer(run: "Run", first: "Run | None", baselines: "Baselines") -> str:
    """Returns what these switches did, in a sentence or two.

    Args:
      first: the first version's run under the same settings, where it is known.
    """
    if run.outcome.is_failed:
        return f"{not_finite(run)} {fed(run)}"
    value = run.final_val_loss
    against = _against(value, first, baselines)
    sentences = f"**Val loss {loss(value)}**{against}.", not_finite(run), fed(run)
    return " ".join(filter(None, sentences))


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
    if abs(1 - ratio) < _LIKE:
        return ", like v1"
    word = "below" if ratio < 1 else "above"
    return f", {percent(abs(ratio - 1))} {word} v1"


def standing(yours: "Run", others: "Mapping[str, Run]") -> str:
    """Returns which of the other runs ends best, and how many of them this one beats."""
    ends = {label: other.final_val_loss for label, other in others.items()}
    finite = {label: ends[label] for label, run in others.items() if not run.outcome.is_failed}
    mine = yours.final_val_loss
    if not finite:
        which = "Every run" if yours.outcome.is_failed else "Every other run"
        return f"{which} ended in NaN."
    best = min(finite, key=finite.__getitem__)
    if yours.outcome.is_failed:
        return f"**{best}** is the best of them at {loss(finite[best])}; this run ended in NaN."
    if mine < finite[best] * (1 - _LIKE):
        return f"This run is the best of them; next comes **{best}** at {loss(finite[best])}."
    beaten = sum(not end <= mine * (1 + _LIKE) for end in ends.values())
    said = f"this run beats {beaten or 'none'} of the other {len(ends)}."
    return f"**{best}** is the best of them at {loss(finite[best])}; {said}"


def in_turn(others: int) -> str:
    """Returns who shares the machine with a reader's work, as the end of a line about it."""
    return f" · takes turns with {others} other{'s' * (others > 1)}" if others else ""


def waiting(ahead: int) -> str:
    """Returns the place in the line of measurements."""
    others = "1 measurement is" if ahead == 1 else f"{ahead} measurements are"
    return f"Waiting: {others} ahead of yours. Two at once would disturb each other."


def baselines_line(settings: Settings, baselines: "Baselines") -> str:
    """Returns what is to be learned, and what rules without a network reach on it."""
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
    """Returns how far predictions are off in the target's own units: root mean squares.

    Args:
      scale: see `mlp_core.data.dataset.target_scale`.
      target: what is predicted.
    """
    off, of_mean = (math.sqrt(value) * scale.unit for value in (val_loss, baselines.predict_mean))
    return (
        f"In units of {plain(target)} the predictions are typically off by {off:.3g}, where the "
        f"mean is off by {of_mean:.3g} (root mean square)."
    )


def two_values(target: str) -> str:
    """Returns what the loss is of a target with two values."""
    return (
        f"{plain(target)} has two values. The loss is the squared error of their numbers, not a "
        "classification loss, and the mean's loss is the one to beat."
    )


def shrunk_batch(settings: Settings) -> str:
    """Returns that a batch holds all training rows, which a small table makes it."""
    return f"A batch is all {settings.num_train} training rows: the table has no more."


def not_finite(run: "Run") -> str:
    """Returns which losses are NaN or infinite, from which update on; empty if all are finite."""
    text = described(run.outcome)
    if not run.outcome.is_failed:
        return text
    finite = run.val_loss[np.isfinite(run.val_loss)]
    reached = f" The last finite val loss was {loss(float(finite[-1]))}." if len(finite) else ""
    return f"**:red[{text}]**{reached}"


def not_finite_mark(run: "Run") -> str:
    """Returns the few words that mark in a chart from where on a loss is not finite.

    A train or val loss that is alone with it is named: the other losses may still be finite there.
    """
    since = run.outcome.since
    first, *others = (each for each in run.outcome.lasting if each.first == since)
    name = "" if others or first.loss == "minibatch" else f"{first.loss} loss "
    return f"{name}{first.value} from update {first.first:,} on"


def fed(run: "Run") -> str:
    """Returns how many minibatches are empty: of every epoch, or of a run of less than two."""
    rows, every = run.rows_seen, ""
    if len(rows) >= 2 * run.settings.steps_per_epoch:
        rows, every = rows[: run.settings.steps_per_epoch], "every "
    empty = int((rows == 0).sum())
    if not empty:
        return "No minibatch is empty."
    return f"{empty:,} of {every}{len(rows):,} minibatches {'is' if empty == 1 else 'are'} empty."


def rows_trained_on(run: "Run") -> str:
    """Returns the rows in all batches together, and what that is in epochs."""
    return f"{int(run.rows_seen.sum()):,}"


def rows_in_words(run: "Run") -> str:
    """Returns how often the training set was seen, or which share of the steps was wasted."""
    empty = int((run.rows_seen == 0).sum())
    if empty:
        return f"{empty:,} of {run.steps_done:,} steps empty"
    epochs = run.rows_seen.sum() / run.settings.num_train
    if epochs < 1:
        return f"{percent(epochs)} of the training set"
    return (
        f"{epochs:.1f} times the training set"
        if epochs < 9.95
        else f"{epochs:,.0f} times the training set"
    )


def duration(milliseconds: float) -> str:
    """Returns a time in the unit that suits it."""
    if milliseconds < 0.00995:
        return f"{1000 * milliseconds:.1f} µs"
    if milliseconds < 0.9995:
        return f"{1000 * milliseconds:.0f} µs"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms" if milliseconds >= 9.95 else f"{milliseconds:.1f} ms"
    seconds = milliseconds / 1000
    if seconds >= 59.5:
        return f"{seconds / 60:,.0f} min" if seconds >= 597 else f"{seconds / 60:.1f} min"
    return f"{seconds:.0f} s" if seconds >= 19.95 else f"{seconds:.1f} s"


def factor(times: float) -> str:
    """Returns a factor with two or three digits."""
    return f"{times:,.0f}" if times >= 9.95 else f"{times:.1f}"


def faster(before_ms: float, after_ms: float) -> str:
    """Returns how many times faster the second of two times is."""
    times = before_ms / after_ms
    if 0.95 < times < 1.05:
        return "neither faster nor slower"
    return f"{factor(times)} times faster" if times > 1 else f"{factor(1 / times)} times slower"


def step_times(step_ms: "Mapping[str, float]") -> str:
    """Returns the time of a step in the forms on both sides of fix 4, and in the app's engine.

    Args:
      step_ms: by form; of those that are known.
    """
    told, before = [], None
    for form, where in _STEP_IN:
        if form not in step_ms:
            continue
        than = f", {faster(before, step_ms[form])}" if before else ""
        told.append(f"{duration(step_ms[form])} {where}{than}")
        before = step_ms[form]
    return f"Per step: {'; '.join(told)}."


def predictions(true: "pd.Series", residual: "pd.Series") -> str:
    """Returns how much of the differences between examples the network explains."""
    explained = 1 - float((residual**2).mean() / true.var(ddof=0))
    if explained <= 0:
        return "It predicts no better than the mean would: the dots do not follow the diagonal."
    share = f"all but {1 - explained:.1%}" if explained > 0.995 else f"{explained:.0%}"
    return f"It explains {share} of the differences between examples."
