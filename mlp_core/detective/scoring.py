"""The points of a case: what probes cost, and what an accusation earns.

A case starts with `POINTS`, and each probe takes its cost from them. An accusation earns the share
of the points left that corresponds to the share of bugs found, minus `INNOCENT` for each accused
suspect that is no bug. So finding no bug earns 0 points, finding all of them earns all points left,
and nobody gains by an additional probe, by a bug that is missed, or by an innocent that is accused.
"""

from collections.abc import Collection
from typing import Literal

from mlp_core.detective.cases import Case

POINTS = 100
INNOCENT = 25
"""What each accused suspect that is no bug costs."""

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


def is_solved(case: Case, accused: Collection[str]) -> bool:
    """Returns whether exactly the bugs are accused."""
    return set(accused) == set(case.bugs)


def points_left(spent: int) -> int:
    """Returns the points that are left after probes with this total cost."""
    return max(0, POINTS - spent)


def score(case: Case, accused: Collection[str], spent: int) -> int:
    """Returns the points of an accusation: max(0, L f // n - 25 w).

    L is `points_left(spent)`, f how many of the n bugs are accused, and w how many others are.
    """
    found = len(set(case.bugs) & set(accused))
    wrong = len(set(accused) - set(case.bugs))
    return max(0, points_left(spent) * found // len(case.bugs) - INNOCENT * wrong)
