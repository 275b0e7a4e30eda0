"""Is the whole update compiled?"""

from mlp_core.diagnosis.finding import Check, Finding
from mlp_core.diagnosis.records import Evidence

MANY = 10


def _eager_step(evidence: Evidence) -> Finding | None:
    """Finds an update that sends its operations one by one. Precondition: none, it is counted."""
    operations = evidence.probes.operations
    if operations < MANY:
        return None
    return Finding(
        name="eager_step",
        severity="cost",
        title="The update is not compiled",
        found=(
            f"One update sends about {operations} operations to the device one by one. A compiled "
            "update sends 1."
        ),
        why=(
            "Each operation has a fixed cost of dispatch, and with small arrays that cost is most "
            "of the time. A compiled update computes the same numbers, up to rounding."
        ),
        fix="jit_step",
        source="mlp_core.engine.python_loop.PythonLoop.updated",
        updates=(0, len(evidence.rows.seen)),
    )


CHECKS = (Check("eager_step", f"An update sends fewer than {MANY} operations.", _eager_step),)
