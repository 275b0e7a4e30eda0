"""Which bugs a case hides: drawn from its level and number, and no two that hide each other."""

from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import combinations
from typing import NamedTuple

from mlp_core.fixes import STAGES, SWITCHES, Fixes
from mlp_core.settings import Settings

BASE = STAGES["beyond"]
"""The program that the bugs are put into: with every fix on, nothing else holds the loss up."""

MOST_CASES = 9999
SEEDS = tuple(seed for seed in range(64) if seed not in (5, 16, 22, 45, 57))
"""The seeds of cases, in turn. Links to cases depend on this order, so it never changes.

It promises nothing about the runs, which can end differently on another CPU. If the run of a case
ends at constant predictions (`evidence.architecture.is_constant`), which hide other bugs, the page
takes the next seed (`Case.with_next_seed`).
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
        Level("hard", 3, SWITCHES, ()),
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
