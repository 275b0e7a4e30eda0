"""All checks of what was seen while a script ran.

Each is a function from the recorder to findings. Its docstring states its precondition: what must
have been seen for the finding to be certain. Where that does not hold, the check finds nothing.
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
    """Returns what is wrong, worst first; of some groups alone if these are named."""
    with np.errstate(all="ignore"):  # a run that diverged has NaN everywhere
        found = [finding for check in CHECKS for finding in check(recorder)]
    return worst_first([one for one in found if not groups or one.group in groups])
