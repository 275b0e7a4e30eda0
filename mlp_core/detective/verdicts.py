"""What an accusation is worth: right, missed or innocent, with the symptom, and the points left."""

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from mlp_core.detective.cases import Case
from mlp_core.evidence import Evidence, Finding, findings

POINTS = 100
MISTAKE = 25
"""What an innocent who is accused costs, and a bug that is missed."""

Outcome = Literal["right", "missed", "innocent", "cleared"]
"""A bug is right if accused, else missed. What is no bug is innocent if accused, else cleared."""


class Verdict(NamedTuple):
    """What became of one suspect."""

    switch: str
    outcome: Outcome
    symptom: Finding | None
    """What gives a bug away in this run; None for what is none, or stays below the checks."""


def verdicts(case: Case, accused: Collection[str], evidence: Evidence) -> tuple[Verdict, ...]:
    """Returns a verdict for each suspect of a case's level.

    Args:
      evidence: the case's.
    """
    found = findings(evidence)
    return tuple(
        Verdict(
            switch,
            outcome(switch in case.bugs, switch in accused),
            _symptom(found, switch) if switch in case.bugs else None,
        )
        for switch in case.level.suspects
    )


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


def _symptom(found: Sequence[Finding], switch: str) -> Finding | None:
    """Returns the worst finding that a switch mends, one that concerns some updates first."""
    own = [finding for finding in found if finding.fix == switch]
    return min(own, key=lambda finding: finding.updates is None, default=None)
