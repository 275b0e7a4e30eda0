"""What looking costs, what an accusation is worth, and the points that are left."""

from collections.abc import Collection
from typing import Literal

from mlp_core.detective.cases import Case

POINTS = 100
MISTAKE = 25
"""What an innocent who is accused costs, and a bug that is missed."""

COSTS = {
    "profiler": 5,
    "baselines": 5,
    "rows": 10,
    "cache": 10,
    "ledger": 10,
    "start": 10,
    "zero_variance": 10,
    "direction": 10,
    "scaled": 10,
    "gradients": 5,
    "dead_units": 5,
    "one_batch": 5,
    "second_seed": 10,
    "lines": 15,
}
"""What each probe costs where it is not free: those of `probes`, then a run with another seed and
lines of the program, each time.
"""

Outcome = Literal["right", "missed", "innocent", "cleared"]
"""A bug is right if accused, else missed. What is no bug is innocent if accused, else cleared."""


def outcome(is_bug: bool, is_accused: bool) -> Outcome:
    """Returns what an accusation, or none, is."""
    if is_bug:
        return "right" if is_accused else "missed"
    return "innocent" if is_accused else "cleared"


def mistakes(case: Case, accused: Collection[str]) -> int:
    """Returns how many suspects were taken for what they are not."""
    return len(set(case.bugs) ^ set(accused))


def is_solved(case: Case, accused: Collection[str]) -> bool:
    """Tells whether exactly the bugs were accused."""
    return not mistakes(case, accused)


def points_left(spent: int, mistakes: int = 0) -> int:
    """Returns the points after probes for so many and an accusation with so many mistakes."""
    return max(0, POINTS - spent - MISTAKE * mistakes)
