"""Evidence recorded from one run, and the checks that find the run's problems in it.

Use `findings(collect(settings, fixes))`. A check reads only the evidence, never the switches.
"""

from mlp_core.diagnosis.checks import CHECKS, findings
from mlp_core.diagnosis.collection import Progress, collect, collect_chunks
from mlp_core.diagnosis.records import SEVERITIES, Evidence, Finding, Severity

__all__ = [
    "CHECKS",
    "SEVERITIES",
    "Evidence",
    "Finding",
    "Progress",
    "Severity",
    "collect",
    "collect_chunks",
    "findings",
]
