"""What a finding is, and what a check is that may lead to one."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mlp_core.diagnosis.records import Evidence

Severity = Literal["fatal", "fault", "limit", "symptom", "hazard", "cost"]

SEVERITIES: tuple[Severity, ...] = ("fatal", "fault", "limit", "symptom", "hazard", "cost")
"""Worst first; a cause is worse than what follows from it.

fatal: it ended the run. fault: the program does not do what it is meant to. limit: it does, and
cannot do better. symptom: it follows from something else. hazard: it did no harm in this run.
cost: it takes time, the numbers are the same.
"""


@dataclass(frozen=True)
class Finding:
    """Something wrong in a run.

    Every sentence is true of the run whatever its data are: `found` states what was measured, `why`
    what follows from it in general. A cause is named only if the evidence excludes all others.
    """

    name: str
    severity: Severity
    title: str
    found: str
    """A sentence or two with this run's numbers."""
    why: str
    """Why it hurts, in two sentences."""
    fix: str | None
    """The field of `Fixes` that fixes it; None if no switch does."""
    source: str
    """The dotted name of the place in the code."""
    updates: tuple[int, int]
    """The updates it concerns, first and last; one and the same where it shows at one."""


class Check(NamedTuple):
    """One thing that is looked at in every run.

    The docstring of `find` states the check's precondition: what must hold for the threshold to
    mean anything. Where it does not hold, nothing is found.
    """

    name: str
    checked: str
    """What holds if nothing is found, as a sentence."""
    find: Callable[[Evidence], Finding | None]


_LETTERS = {"weight": "W", "bias": "b", "gain": "g", "pre_bias": "c"}


def place(array: str) -> tuple[str, str]:
    """Returns the layer and the letter of an array: `layers[0].bias` is b of layer 1."""
    part, _, array = array.rpartition(".")
    layer = "the head" if part == "head" else f"layer {int(part[len('layers[') : -1]) + 1}"
    return layer, _LETTERS[array]


def percent(share: float) -> str:
    """Returns a share in percent, rounded down: only a whole is `100%`."""
    return f"{math.floor(100 * share)}%"


def listed(words: list[str]) -> str:
    """Returns `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
