"""What can be looked at in a case, and what of it a reader can tell apart."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from mlp_core.diagnosis import Evidence
from mlp_core.diagnosis.architecture import BLIND, is_constant, scale_response
from mlp_core.diagnosis.compilation import MANY
from mlp_core.diagnosis.descent import STRAIGHT
from mlp_core.diagnosis.keys import reuses

HIGH = 2.0
"""Times as much as least squares reaches, plus a hundredth of what the mean does."""


class Probe(NamedTuple):
    """One thing to look at."""

    name: str
    observed: Callable[[Evidence], str]
    """What is to be seen, as coarse as an eye sees it."""
    tells: Mapping[str, str]
    """The bug that an observation stands for, for those that stand for one."""


def _profiler(evidence: Evidence) -> str:
    return "many operations" if evidence.probes.operations >= MANY else "few operations"


def _rows(evidence: Evidence) -> str:
    return "empty batches" if (evidence.rows.seen == 0).any() else "no empty batch"


def _cache(evidence: Evidence) -> str:
    return "empty shape" if any(0 in shape for shape in evidence.rows.shapes) else "full shapes"


def _ledger(evidence: Evidence) -> str:
    return "shared keys" if reuses(evidence.draws) else "own keys"


def _start(evidence: Evidence) -> str:
    gains = [array for name, array in evidence.start.items() if name.endswith("].gain")]
    return "gains differ" if np.ptp(np.concatenate(gains)) else "gains equal"


def _zero_variance(evidence: Evidence) -> str:
    if not np.isfinite(evidence.probes.zero_variance_loss):
        return "no loss"
    return "a gradient" if np.isfinite(evidence.probes.zero_variance_gradient) else "no gradient"


def _direction(evidence: Evidence) -> str:
    alignment = evidence.steps.alignment
    if not np.isfinite(alignment).any():
        return "no direction"
    return "straight down" if np.nanmedian(alignment) > STRAIGHT else "its own way"


def _scaled(evidence: Evidence) -> str:
    probes = evidence.probes
    if not np.isfinite(probes.scaled).all() or is_constant(probes):
        return "no predictions to compare"
    return "flat" if scale_response(probes) <= BLIND else "sloped"


def _baselines(evidence: Evidence) -> str:
    losses = evidence.losses
    reached = HIGH * losses.least_squares + losses.predict_mean / 100
    return "as good" if losses.val[-1] <= reached else "worse"


def _one_batch(evidence: Evidence) -> str:
    probes = evidence.probes
    fitted = probes.one_batch[-1] <= probes.one_batch_predict_mean / 100
    return "fitted" if fitted else "not fitted"


def _gradients(evidence: Evidence) -> str:
    return "numbers" if np.isfinite(evidence.steps.gradient_norm[-1]).all() else "no numbers"


def _dead_units(evidence: Evidence) -> str:
    dead = evidence.units.dead[0]
    return "dead at the start" if dead.max() > 0.5 else "alive at the start"


PROBES = {
    probe.name: probe
    for probe in (
        Probe("profiler", _profiler, {"many operations": "jit_step"}),
        Probe("baselines", _baselines, {}),
        Probe("rows", _rows, {"empty batches": "whole_batches"}),
        Probe("cache", _cache, {"empty shape": "whole_batches"}),
        Probe("ledger", _ledger, {"shared keys": "split_keys"}),
        Probe("start", _start, {"gains differ": "norm_init"}),
        Probe(
            "zero_variance",
            _zero_variance,
            {"no loss": "norm_epsilon", "no gradient": "epsilon_in_root"},
        ),
        Probe("direction", _direction, {"straight down": "adamw"}),
        Probe("scaled", _scaled, {"flat": "bias_before_norm"}),
        Probe("gradients", _gradients, {}),
        Probe("dead_units", _dead_units, {}),
        Probe("one_batch", _one_batch, {}),
    )
}
"""The probes that look at the run itself, by name."""


def signature(evidence: Evidence) -> dict[str, str]:
    """Returns what each probe shows of a run."""
    return {name: probe.observed(evidence) for name, probe in PROBES.items()}


def pointed_at(signature: Mapping[str, str]) -> frozenset[str]:
    """Returns the bugs that observations stand for."""
    return frozenset(
        PROBES[name].tells[seen] for name, seen in signature.items() if seen in PROBES[name].tells
    )
