"""What a run shows of its own faults: evidence gathered from it, and what checks find in that.

`findings(collect(settings, fixes))`: the checks see the run alone, never the switches.
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
