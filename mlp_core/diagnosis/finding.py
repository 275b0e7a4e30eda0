"""What a check returns: how bad it is, which switch fixes it, and what was measured."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Severity = Literal["fatal", "fault", "limit", "symptom", "hazard", "cost"]

SEVERITIES: tuple[Severity, ...] = ("fatal", "fault", "limit", "symptom", "hazard", "cost")
"""Worst first; a cause is worse than what follows from it.

fatal: it ended the run. fault: the program does not do what it is meant to. limit: it does, and
cannot do better. symptom: it follows from something else. hazard: it did no harm in this run.
cost: it takes time, the numbers are the same.
"""


@dataclass(frozen=True)
class Finding:
    """Something wrong in a run. A cause is named only if the evidence excludes all others."""

    name: str
    """The check's."""
    severity: Severity
    fix: str | None
    """The field of `Fixes` that fixes it; None if no single switch does."""
    updates: tuple[int, int]
    """The updates it concerns, first and last; the same number twice if it is one update."""
    measured: Any
    """The record of the check: numbers and names, no sentences."""


def span(updates: np.ndarray) -> tuple[int, int]:
    """Returns the first and the last of some updates."""
    return int(updates[0]), int(updates[-1])
