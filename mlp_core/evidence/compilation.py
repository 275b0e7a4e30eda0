"""Is the whole update compiled?"""

from mlp_core.evidence.finding import Check, Finding
from mlp_core.evidence.records import Evidence

MANY = 10


def _eager_step(evidence: Evidence) -> Finding | None:
    operations = evidence.probes.operations
    if operations < MANY:
        return None
    return Finding(
        name="eager_step",
        severity="cost",
        title="The update is not compiled",
        found=(
            f"One update sends about {operations} operations to the device, one by one, "
            f"{operations * len(evidence.rows.seen):,} in this run. Compiled as one it sends 1."
        ),
        why=(
            "Sending an operation takes longer than doing it when arrays are this small. Compiled "
            "together they give the same numbers in a fraction of the time."
        ),
        fix="jit_step",
        source="mlp_core.python_loop.PythonLoop.updated",
        updates=(0, len(evidence.rows.seen)),
    )


CHECKS = (Check("eager_step", f"An update sends fewer than {MANY} operations.", _eager_step),)
