"""What an accusation was: each suspect right, missed or innocent, with the symptom that tells."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from mlp_core.detective.cases import Case
from mlp_core.detective.scoring import Outcome, outcome
from mlp_core.evidence import Evidence, Finding, findings


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


def _symptom(found: Sequence[Finding], switch: str) -> Finding | None:
    """Returns the worst finding that a switch mends."""
    return next((finding for finding in found if finding.fix == switch), None)
