"""All checks, and what they find in a run."""

from mlp_core.diagnosis import (
    architecture,
    compilation,
    descent,
    feeding,
    health,
    keys,
    normalisation,
)
from mlp_core.diagnosis.finding import SEVERITIES, Check, Finding
from mlp_core.diagnosis.records import Evidence

CHECKS: tuple[Check, ...] = (
    *feeding.CHECKS,
    *keys.CHECKS,
    *normalisation.CHECKS,
    *descent.CHECKS,
    *architecture.CHECKS,
    *health.CHECKS,
    *compilation.CHECKS,
)
"""In the order of a run: its rows, its start, its units, its updates; then what it can reach."""


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """Returns what is wrong in a run, worst first; in the order of `CHECKS` where equally bad."""
    found = [finding for check in CHECKS if (finding := check.find(evidence)) is not None]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))
