"""The game of the Detective page: the bugs in a case, and the score of an accusation.

The level and number of a case determine its bugs. Bugs that mask each other are never combined. A
case starts with `POINTS` points, and the cost of each probe is subtracted from them. An accusation
earns the remaining points times the share of bugs found, minus `INNOCENT` for each accused suspect
that is not a bug. Finding no bug earns 0 points, and accusing exactly the bugs earns all remaining
points. An additional probe, a missed bug, or a wrong accusation never increases the score.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from mlp_core.settings import Settings
from mlp_core.switches import STAGED, STAGES, SWITCHES, Fixes

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence, Finding

BASE = STAGES["beyond"]
"""The program into which the bugs are put: with all fixes, nothing else raises the loss."""

MOST_CASES = 9999
SEEDS = tuple(seed for seed in range(64) if seed not in (5, 16, 22, 45, 57))
"""The seeds of cases, used in turn. Links to cases depend on this order, so it must not change.

The runs of a seed can end differently on another CPU. If the run of a case ends with constant
predictions (`diagnosis.checks.network.is_constant`), which mask other bugs, the page uses the next
seed (`Case.with_next_seed`).
"""

HIDING = (
    {"norm_epsilon", "epsilon_in_root"},
    {"norm_init", "bias_before_norm"},
    {"whole_batches", "bias_before_norm"},
    {"norm_init", "norm_epsilon", "adamw"},
    {"norm_init", "epsilon_in_root", "adamw"},
)
"""Sets of bugs that are never in one case, because one of the bugs would mask another.

The position of epsilon has no effect if no epsilon is added. A network whose predictions are NaN
or constant shows neither whether it sees the length of its input nor how it was updated.
"""

_LOUD = ("split_keys", "norm_init", "whole_batches", "jit_step", "adamw", "bias_before_norm")


class Level(NamedTuple):
    """The difficulty of a case."""

    name: str
    bugs: int
    """The number of bugs in a case."""
    suspects: tuple[str, ...]
    """The switches that may be off."""
    free: tuple[str, ...]
    """The names of the probes that cost nothing."""


LEVELS = {
    level.name: level
    for level in (
        Level("easy", 1, _LOUD, ("profiler", "rows", "baselines")),
        Level("medium", 2, (*SWITCHES[:6], "bias_before_norm"), ("profiler", "baselines")),
        Level("hard", 3, STAGED, ()),
    )
}
"""The levels by name, from the easiest to the hardest."""


@dataclass(frozen=True)
class Case:
    """A run whose program has bugs."""

    level: Level
    number: int
    bugs: tuple[str, ...]
    """The switches that are off, in the order of `SWITCHES`."""
    seed: int

    @property
    def fixes(self) -> Fixes:
        """The switches of the program with its bugs."""
        return replace(BASE, **dict.fromkeys(self.bugs, False))

    @property
    def settings(self) -> Settings:
        """The post's settings with the case's seed."""
        return Settings(seed=self.seed)

    def with_next_seed(self) -> "Case":
        """Returns a case with the same bugs and the next seed."""
        return replace(self, seed=SEEDS[(SEEDS.index(self.seed) + 1) % len(SEEDS)])


def case(level: str, number: int) -> Case:
    """Returns the case of a level and a number.

    Raises:
      ValueError: if the level is unknown, or the number is not in 1..`MOST_CASES`.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}, got {level!r}")
    if not 1 <= number <= MOST_CASES:
        raise ValueError(f"number must be in 1..{MOST_CASES}, got {number}")
    sets = hypotheses(LEVELS[level], LEVELS[level].bugs)
    # A digest never changes, whereas the draws of Python's `random` may differ between versions.
    drawn = int.from_bytes(sha256(f"{level} {number}".encode()).digest()[:8], "big")
    # Because the seeds are used in turn, consecutive cases are never identical.
    return Case(LEVELS[level], number, sets[drawn % len(sets)], SEEDS[number % len(SEEDS)])


def hypotheses(level: Level, bugs: int) -> tuple[tuple[str, ...], ...]:
    """Returns every set of `bugs` switches that can be the bugs of a case of a level."""
    return tuple(
        chosen
        for chosen in combinations(level.suspects, bugs)
        if not any(hiding <= set(chosen) for hiding in HIDING)
    )


POINTS = 100
INNOCENT = 25
"""The points that each accused suspect that is not a bug costs."""

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
"""The points that each probe costs unless it is free.

`second_seed` is a run with another seed, and `lines` shows one part of the program, which costs
these points for each part. The other probes are measurements of the case's run.
"""

Outcome = Literal["right", "missed", "innocent", "cleared"]
"""A bug is "right" if it is accused, otherwise "missed".

A suspect that is not a bug is "innocent" if it is accused, otherwise "cleared".
"""


def outcome(is_bug: bool, is_accused: bool) -> Outcome:
    """Returns the outcome for one suspect."""
    if is_bug:
        return "right" if is_accused else "missed"
    return "innocent" if is_accused else "cleared"


def is_solved(case: Case, accused: Collection[str]) -> bool:
    """Returns whether the accused suspects are exactly the bugs."""
    return set(accused) == set(case.bugs)


def points_left(spent: int) -> int:
    """Returns the points that remain after probes with this total cost."""
    return max(0, POINTS - spent)


def score(case: Case, accused: Collection[str], spent: int) -> int:
    """Returns the points of an accusation: max(0, L f // n - 25 w).

    L is `points_left(spent)`, n the number of bugs, f the number of accused bugs, and w the number
    of accused suspects that are not bugs.
    """
    found = len(set(case.bugs) & set(accused))
    wrong = len(set(accused) - set(case.bugs))
    return max(0, points_left(spent) * found // len(case.bugs) - INNOCENT * wrong)


class Verdict(NamedTuple):
    """The outcome for one suspect, and the finding that explains it."""

    switch: str
    outcome: Outcome
    symptom: "Finding | None"
    """The finding that reveals the bug in this run.

    None if the suspect is not a bug, or no check detects the bug.
    """


def verdicts(case: Case, accused: Collection[str], evidence: "Evidence") -> tuple[Verdict, ...]:
    """Returns a verdict for each suspect of a case's level.

    The symptom of a bug is the most severe finding that its fix removes.

    Args:
      evidence: recorded in the case's run.
    """
    from mlp_core.diagnosis import findings  # loads JAX

    found = findings(evidence)
    symptoms = {bug: next((each for each in found if each.fix == bug), None) for bug in case.bugs}
    return tuple(
        Verdict(switch, outcome(switch in case.bugs, switch in accused), symptoms.get(switch))
        for switch in case.level.suspects
    )
