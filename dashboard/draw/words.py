"""Sentences and numbers as a learner reads them. Everything is made from the values passed in."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import fields

from dashboard.choice import Choice
from dashboard.switches import SWITCH
from mlp_core import STAGES, Fixes, Settings
from mlp_core.switches import SWITCHES
from mlp_core.tasks import OWN, is_own

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

RULE = "A run that ended in NaN (or infinity) counts as always predicting the mean."
"""How statistics over seeds count a run without a final loss."""


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
LIKE = 0.005  # losses that differ by a smaller share count as equal
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
    if abs(relative) < LIKE:
        return "0%"
    return f"{'+' if relative > 0 else '-'}{percent(abs(relative))}"


def percent(share: float) -> str:
    """Returns a share of at least 0 in percent: as 0% or 100% only where it is exactly that."""
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


def in_turn(others: int) -> str:
    """Returns who shares the machine with a reader's work, as the end of a line about it."""
    return f" · takes turns with {others} other{'s' * (others > 1)}" if others else ""


def waiting(ahead: int) -> str:
    """Returns the place in the line of measurements."""
    others = "1 measurement is" if ahead == 1 else f"{ahead} measurements are"
    return f"Waiting: {others} ahead of yours. Two at once would disturb each other."


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
