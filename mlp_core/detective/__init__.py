"""Cases for readers to solve: which bugs, what probes show of them, what an answer is worth.

`case(level, number)` is the same everywhere and always, so that a link to it can be shared.
"""

from mlp_core.detective.cases import LEVELS, MOST_CASES, Case, Level, case, hypotheses
from mlp_core.detective.probes import PROBES, Probe, pointed_at, signature
from mlp_core.detective.verdicts import POINTS, Outcome, Verdict, is_solved, points_left, verdicts

__all__ = [
    "LEVELS",
    "MOST_CASES",
    "POINTS",
    "PROBES",
    "Case",
    "Level",
    "Outcome",
    "Probe",
    "Verdict",
    "case",
    "hypotheses",
    "is_solved",
    "pointed_at",
    "points_left",
    "signature",
    "verdicts",
]
