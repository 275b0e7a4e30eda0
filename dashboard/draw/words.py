"""Formatting of numbers, names, and common sentences for all pages."""

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
"""The name of each setting, for labels and for names of runs."""

NO_CURVE = "There is no curve to draw because no loss is finite."
"""What a page says in place of a chart of losses that has no line."""

RULE = "A run that ended in NaN (or infinity) counts as always predicting the mean."
"""How statistics over seeds treat a run without a finite final loss."""


def in_labels(message: str) -> str:
    """Returns an error message of `Settings` with field names replaced by control labels."""
    for name, label in sorted(SETTING.items(), key=lambda item: -len(item[0])):
        message = message.replace(name, label)
    return message[:1].upper() + message[1:]


def reason(error: Exception | None) -> str:
    """Returns why work failed, as the end of a sentence. Unexpected errors are not described."""
    if isinstance(error, ValueError):
        text = in_labels(str(error)).rstrip(".")
        return plain(text[:1].lower() + text[1:], 300)
    return "an unexpected error, which the server's log describes. Smaller settings may help"


_DEFAULTS = Settings()
LIKE = 0.005  # losses whose relative difference is smaller count as equal
_JOINER = "\N{WORD JOINER}"  # zero width, and prevents a line break
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def loss(value: float) -> str:
    """Returns a loss with about three significant digits, or "NaN"."""
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
    """Returns `now / before - 1` in percent with its sign, or None if it is undefined."""
    if not (math.isfinite(now) and math.isfinite(before) and before > 0):
        return None
    relative = now / before - 1
    if abs(relative) < LIKE:
        return "0%"
    return f"{'+' if relative > 0 else '-'}{percent(abs(relative))}"


def percent(share: float) -> str:
    """Returns a nonnegative share in percent. Only exact values become 0% or 100%."""
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
    """Returns the value of a setting as a reader types it."""
    if isinstance(value, str) and is_own(value):
        return OWN
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "none" if value is None else str(value).removesuffix(".0")


def plain(text: str, most: int = 60) -> str:
    """Returns untrusted text, escaped so that Markdown shows it literally, and cut off if long."""
    text = "".join(sign for sign in " ".join(text.split()) if not _acts_unseen(sign))
    short = text if len(text) <= most else text[: most - 1] + "…"
    escaped = re.sub(r"([\\`*_{}\[\]()<>#+.!|~$:&@-])", r"\\\1", short)
    # Streamlit also creates links, icons, and arrows after it has removed the escapes.
    return re.sub(r"(www|[:<@-])", rf"\1{_JOINER}", escaped, flags=re.IGNORECASE)


def _acts_unseen(sign: str) -> bool:
    """Returns whether a character is a control character or changes the text direction."""
    return unicodedata.category(sign) == "Cc" or unicodedata.bidirectional(sign) in _TURNS


def stage_of(fixes: Fixes) -> str | None:
    """Returns the stage of the post with exactly these fixes, or None."""
    return next((name for name, stage in STAGES.items() if stage == fixes), None)


def combination(fixes: Fixes) -> str:
    """Returns the stage of the post with exactly these fixes, or else the list of fixes."""
    on = [SWITCH[name].on or SWITCH[name].short for name in SWITCHES if getattr(fixes, name)]
    return stage_of(fixes) or " + ".join(["v1", *on])


def name(choice: Choice, beside: Settings = _DEFAULTS) -> str:
    """Returns the name of a run, which is unique on the page.

    The name is its `combination` and each setting that differs from the post's or from `beside`.

    Args:
      beside: the settings of the main run on the page.
    """
    named = []
    for field in fields(Settings):
        value = getattr(choice.settings, field.name)
        if not value == getattr(_DEFAULTS, field.name) == getattr(beside, field.name):
            named.append(f"{SETTING[field.name]} {setting(value)}")
    return ", ".join([combination(choice.fixes), *named])


def in_turn(others: int) -> str:
    """Returns how many other jobs share the server with a job, to append to its progress."""
    return f" · sharing the server with {others} other job{'s' * (others > 1)}" if others else ""


def waiting(ahead: int) -> str:
    """Returns the position in the queue of measurements."""
    others = "1 measurement is" if ahead == 1 else f"{ahead} measurements are"
    return (
        f"Waiting: {others} ahead of yours. Only one runs at a time, because two would disturb "
        "each other."
    )


def duration(milliseconds: float) -> str:
    """Returns a time with a suitable unit."""
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
    """Returns a factor with two or more significant digits."""
    return f"{times:,.0f}" if times >= 9.95 else f"{times:.1f}"


def faster(before_ms: float, after_ms: float) -> str:
    """Returns how much faster the second time is than the first, as text."""
    times = before_ms / after_ms
    if 0.95 < times < 1.05:
        return "neither faster nor slower"
    return f"{factor(times)} times faster" if times > 1 else f"{factor(1 / times)} times slower"
