"""All checks of a run, and what they find.

A check is a function from the recorded evidence to a finding; it never sees the switches. Its
docstring states its precondition: what must hold for its thresholds to mean anything. Where that
does not hold, the check finds nothing.
"""

from collections.abc import Callable

from mlp_core.diagnosis.checks import learning, network, rows_and_keys
from mlp_core.diagnosis.records import SEVERITIES, Evidence, Finding

CHECKS: dict[str, Callable[[Evidence], Finding | None]] = {
    check.__name__: check
    for check in (
        rows_and_keys.empty_batches,
        rows_and_keys.never_seen,
        rows_and_keys.moved_on_nothing,
        rows_and_keys.reused_keys,
        rows_and_keys.copied_numbers,
        network.drawn_norm,
        network.undefined_output,
        network.undefined_gradient,
        network.dead_layer,
        learning.plain_descent,
        network.wall,
        learning.diverged,
        learning.start_loss,
        learning.one_batch,
        learning.least_squares,
        learning.gap,
        learning.eager_step,
    )
}
"""By name, in the order of a run: its rows, its start, its units, its updates, what it reaches."""


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """Returns what is wrong in a run, worst first; in the order of `CHECKS` where equally bad."""
    found = [finding for check in CHECKS.values() if (finding := check(evidence)) is not None]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))
