"""Does LayerNorm start sound, stay defined, and leave the units alive?"""

import numpy as np

from mlp_core.evidence.finding import Check, Finding
from mlp_core.evidence.records import Evidence

TINY_GAIN = 0.1
DEAD_SHARE = 0.75
"""A layer with so many dead units is reported; of 71 sound runs, with the seeds from 1000 on, none
goes above two thirds, in layers of six."""
NO_VARIANCE = 1e-6


def _drawn_norm(evidence: Evidence) -> Finding | None:
    gains, biases = (
        np.concatenate([array for name, array in evidence.start.items() if name.endswith(suffix)])
        for suffix in ("].gain", "].bias")
    )
    negative, tiny = int((gains < 0).sum()), int((abs(gains) < TINY_GAIN).sum())
    if negative + tiny == 0:
        return None
    return Finding(
        name="drawn_norm",
        severity="fatal" if _ended_the_run(evidence) else "fault",
        title="LayerNorm starts with random gains and biases",
        found=(
            f"Of {len(gains)} gains {negative} start negative and {tiny} within {TINY_GAIN} of 0; "
            f"biases start between {biases.min():.2f} and {biases.max():.2f}. "
            f"{_dead_at_start(evidence)}"
        ),
        why=(
            "A negative gain turns a unit round, a small one with a negative bias keeps it at 0. "
            "Layers that start half dead pass little on, and some rows lose all their variance."
        ),
        fix="norm_init",
        source="mlp_core.model.init",
        updates=(0, 0),
    )


def _dead_at_start(evidence: Evidence) -> str:
    shares = ", ".join(f"{share:.0%}" for share in evidence.units.dead[0])
    return f"Units that are 0 for every training row at the start, layer by layer: {shares}."


def _undefined_output(evidence: Evidence) -> Finding | None:
    if np.isfinite(evidence.probes.zero_variance_loss):
        return None
    return Finding(
        name="undefined_output",
        severity="fatal" if _ended_the_run(evidence) else "hazard",
        title="LayerNorm divides by zero where a layer's units are equal",
        found=(
            "For a row whose units are all equal this run's LayerNorm gives 0 / 0: NaN. "
            f"{_met(evidence)}"
        ),
        why=(
            "One such row makes the batch's loss NaN, and one NaN update makes every parameter "
            "NaN. A small epsilon keeps the division defined."
        ),
        fix="norm_epsilon",
        source="mlp_core.model.norm_of",
        updates=_closest(evidence),
    )


def _undefined_gradient(evidence: Evidence) -> Finding | None:
    probes = evidence.probes
    if np.isfinite(probes.zero_variance_gradient) or not np.isfinite(probes.zero_variance_loss):
        return None
    return Finding(
        name="undefined_gradient",
        severity="fatal" if _ended_the_run(evidence) else "hazard",
        title="LayerNorm has no gradient where a layer's units are equal",
        found=(
            f"For a row whose units are all equal this run's loss is "
            f"{probes.zero_variance_loss:.3g}, yet its gradient is NaN. {_met(evidence)}"
        ),
        why=(
            "The square root in the std has an infinite slope at 0, and an epsilon added behind "
            "it does not change that. Inside, as in sqrt(var + epsilon), it keeps the slope finite."
        ),
        fix="epsilon_in_root",
        source="mlp_core.model.norm_of",
        updates=_closest(evidence),
    )


def _met_zero(evidence: Evidence) -> bool:
    return bool(np.nanmin(evidence.units.smallest_std) < NO_VARIANCE)


def _ended_the_run(evidence: Evidence) -> bool:
    """Tells whether the run died, and a row had lost its variance before."""
    return evidence.losses.died_after is not None and _met_zero(evidence)


def _met(evidence: Evidence) -> str:
    smallest = evidence.units.smallest_std
    layer = int(np.nanargmin(np.fmin.reduce(smallest))) + 1
    least = f"the smallest std over a row's units was {np.nanmin(smallest):.2g}, in layer {layer}"
    if not _met_zero(evidence):
        return f"It has not happened yet: {least}."
    died = evidence.losses.died_after
    end = "" if died is None else f", and the losses are NaN after {died} updates"
    return f"It happened: {least}{end}."


def _closest(evidence: Evidence) -> tuple[int, int]:
    """Returns when the run died of it, else the record at which a row had the least variance."""
    died = evidence.losses.died_after
    if died is not None and _ended_the_run(evidence):
        return died, died
    least = np.fmin.reduce(evidence.units.smallest_std, axis=1)
    at = int(evidence.losses.updates[np.nanargmin(least)])
    return at, at


def _dead_layer(evidence: Evidence) -> Finding | None:
    dead, updates = evidence.units.dead, evidence.losses.updates
    living = np.isfinite(evidence.losses.train)
    where = np.argwhere((dead >= DEAD_SHARE) & living[:, None])
    if not len(where):
        return None
    record, layer = where[0]
    last = where[where[:, 1] == layer][-1, 0]
    return Finding(
        name="dead_layer",
        severity="symptom",
        title="Most of a layer is dead",
        found=(
            f"From update {updates[record]} on, {dead[record, layer]:.0%} of the units of layer "
            f"{layer + 1} are 0 for every training row; at the end {dead[-1, layer]:.0%} are."
        ),
        why=(
            "A unit that is 0 for every row has no gradient and does not come back by itself. With "
            "all of a layer dead, the network predicts the same for every row."
        ),
        fix="norm_init" if record == 0 else None,
        source="mlp_core.model.outputs",
        updates=(int(updates[record]), int(updates[last])),
    )


CHECKS = (
    Check(
        "drawn_norm",
        f"No gain of LayerNorm starts negative or within {TINY_GAIN} of 0.",
        _drawn_norm,
    ),
    Check(
        "undefined_output",
        "The prediction is a number for a row whose units are all equal.",
        _undefined_output,
    ),
    Check(
        "undefined_gradient",
        "The gradient of the loss is a number for a row whose units are all equal.",
        _undefined_gradient,
    ),
    Check(
        "dead_layer",
        f"Less than {DEAD_SHARE:.0%} of each layer's units are dead, at every record.",
        _dead_layer,
    ),
)
