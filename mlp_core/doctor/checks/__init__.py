"""All checks of the observations of a script.

Each check is a function from the recorder to findings. Its docstring states its precondition: what
must have been observed for the finding to be certain. Otherwise the check finds nothing.
"""

from collections.abc import Callable, Iterator

import numpy as np

from mlp_core.doctor.checks import calls, keys, numerics, program
from mlp_core.doctor.recording import Recorder
from mlp_core.doctor.records import ScriptFinding, worst_first

CHECKS: tuple[Callable[[Recorder], Iterator[ScriptFinding]], ...] = (
    keys.reused,
    keys.same_every_step,
    keys.split_then_used,
    calls.empty_minibatches,
    calls.traced_again,
    calls.not_compiled,
    calls.read_back,
    numerics.not_finite,
    numerics.small_denominator,
    numerics.no_gradient,
    numerics.dead_units,
    numerics.update_ratio,
    numerics.worse_than_mean,
    numerics.equal_arrays,
    program.never_updated,
    program.optimizer_state_dropped,
    program.result_discarded,
    program.broadcast_loss,
)


def findings(recorder: Recorder, groups: tuple[str, ...] = ()) -> list[ScriptFinding]:
    """Returns the findings of the given groups, or of all groups if none is given, worst first."""
    with np.errstate(all="ignore"):  # the numbers of a diverged run are NaN
        found = [finding for check in CHECKS for finding in check(recorder)]
    return worst_first([one for one in found if not groups or one.group in groups])
