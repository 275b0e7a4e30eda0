"""All checks of a run, and their findings.

A check is a function from the recorded evidence to a finding or None; it never reads the switches.
Its docstring states its precondition: the conditions under which its thresholds are meaningful. If
the precondition does not hold, the check returns None.
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
"""The checks by name, in the order of a run: its rows, start, units, updates, and final losses."""


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """Returns the problems of a run, worst first; equally severe ones in the order of `CHECKS`."""
    found = [finding for check in CHECKS.values() if (finding := check(evidence)) is not None]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))
