"""The game of the Detective page: which bugs a case hides, and what an accusation earns.

A case hides bugs drawn from its level and number, and no two that hide each other. It starts with
`POINTS`, and each probe takes its cost from them. An accusation earns the share of the points left
that corresponds to the share of bugs found, minus `INNOCENT` for each accused suspect that is no
bug. So finding no bug earns 0 points, finding all of them earns all points left, and nobody gains
by an additional probe, by a bug that is missed, or by an innocent that is accused.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from mlp_core.settings import Settings
from mlp_core.switches import STAGES, SWITCHES, Fixes

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence, Finding

BASE = STAGES["beyond"]
"""The program that the bugs are put into: with every fix on, nothing else holds the loss up."""

MOST_CASES = 9999
SEEDS = tuple(seed for seed in range(64) if seed not in (5, 16, 22, 45, 57))
"""The seeds of cases, in turn. Links to cases depend on this order, so it never changes.

It promises nothing about the runs, which can end differently on another CPU. If the run of a case
ends at constant predictions (`diagnosis.checks.network.is_constant`), which hide other bugs, the
page takes the next seed (`Case.with_next_seed`).
"""

HIDING = (
    {"norm_epsilon", "epsilon_in_root"},
    {"norm_init", "bias_before_norm"},
    {"whole_batches", "bias_before_norm"},
    {"norm_init", "norm_epsilon", "adamw"},
    {"norm_init", "epsilon_in_root", "adamw"},
)
"""Bugs that are never together, since one of them could not be seen.

The epsilon's place is nothing without an epsilon. A network whose predictions are NaN or
constant does not show whether it sees the length of its input, nor how it was updated.
"""

_LOUD = ("split_keys", "norm_init", "whole_batches", "jit_step", "adamw", "bias_before_norm")


class Level(NamedTuple):
    """How hard a case is."""

    name: str
    bugs: int
    """How many are hidden."""
    suspects: tuple[str, ...]
    """The switches that may be off."""
    free: tuple[str, ...]
    """The names of the probes that cost nothing."""


LEVELS = {
    level.name: level
    for level in (
        Level("easy", 1, _LOUD, ("profiler", "rows", "baselines")),
        Level("medium", 2, (*SWITCHES[:6], "bias_before_norm"), ("profiler", "baselines")),
        Level("hard", 3, tuple(name for name in SWITCHES if getattr(BASE, name)), ()),
    )
}
"""The levels by name, the easiest first."""


@dataclass(frozen=True)
class Case:
    """A run with bugs in it."""

    level: Level
    number: int
    bugs: tuple[str, ...]
    """The switches that are off, in the order of `SWITCHES`."""
    seed: int

    @property
    def fixes(self) -> Fixes:
        """The program with its bugs."""
        return replace(BASE, **dict.fromkeys(self.bugs, False))

    @property
    def settings(self) -> Settings:
        """The post's settings with the case's seed."""
        return Settings(seed=self.seed)

    def with_next_seed(self) -> "Case":
        """Returns the same bugs with another seed."""
        return replace(self, seed=SEEDS[(SEEDS.index(self.seed) + 1) % len(SEEDS)])


def case(level: str, number: int) -> Case:
    """Returns the case of a level and a number.

    Raises:
      ValueError: if there is no such level, or the number is not in 1..`MOST_CASES`.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}, got {level!r}")
    if not 1 <= number <= MOST_CASES:
        raise ValueError(f"number must be in 1..{MOST_CASES}, got {number}")
    sets = hypotheses(LEVELS[level], LEVELS[level].bugs)
    # Not Python's own generator: its draws may change with its version, a digest never does.
    drawn = int.from_bytes(sha256(f"{level} {number}".encode()).digest()[:8], "big")
    # Seeds in turn: cases that follow each other are never the same one again.
    return Case(LEVELS[level], number, sets[drawn % len(sets)], SEEDS[number % len(SEEDS)])


def hypotheses(level: Level, bugs: int) -> tuple[tuple[str, ...], ...]:
    """Returns every set of so many bugs that a case of a level may hide."""
    return tuple(
        chosen
        for chosen in combinations(level.suspects, bugs)
        if not any(hiding <= set(chosen) for hiding in HIDING)
    )


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
"""What each probe costs where it is not free: readings of the run, then a run with another
seed and lines of the program, each time.
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


class Verdict(NamedTuple):
    """What became of one suspect."""

    switch: str
    outcome: Outcome
    symptom: "Finding | None"
    """What gives a bug away in this run; None for what is none, or stays below the checks."""


def verdicts(case: Case, accused: Collection[str], evidence: "Evidence") -> tuple[Verdict, ...]:
    """Returns a verdict for each suspect of a case's level, with the worst finding it fixes.

    Args:
      evidence: the case's.
    """
    from mlp_core.diagnosis import findings  # loads JAX

    found = findings(evidence)
    symptoms = {bug: next((each for each in found if each.fix == bug), None) for bug in case.bugs}
    return tuple(
        Verdict(switch, outcome(switch in case.bugs, switch in accused), symptoms.get(switch))
        for switch in case.level.suspects
    )
