"""Does LayerNorm start sound, stay defined, and leave the units alive?"""

import numpy as np

from mlp_core.diagnosis.finding import Check, Finding
from mlp_core.diagnosis.records import Evidence
from mlp_core.engine.outcome import described

TINY_GAIN = 0.1
DEAD_SHARE = 0.75
"""The share of a layer's units that must be dead at every record up to the end."""
NO_VARIANCE = 1e-6
"""The std over a row's units that counts as 0: what float32 leaves of sums that are equal."""


def _drawn_norm(evidence: Evidence) -> Finding | None:
    """Finds gains that start negative or near 0. Precondition: none, the start is looked at."""
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
            "A negative gain flips a unit, and a small one with a negative bias keeps it at 0. A "
            "row whose units are all 0 in one layer has no variance in the next."
        ),
        fix="norm_init",
        source="mlp_core.engine.model.init",
        updates=(0, 0),
    )


def _dead_at_start(evidence: Evidence) -> str:
    shares = ", ".join(f"{share:.0%}" for share in evidence.units.dead[0])
    return f"Units that are 0 for every training row at the start, layer by layer: {shares}."


def _undefined_output(evidence: Evidence) -> Finding | None:
    """Finds a loss that is NaN for a row made to have equal units. Precondition: none, tried."""
    if np.isfinite(evidence.probes.zero_variance_loss):
        return None
    return Finding(
        name="undefined_output",
        severity="fatal" if _ended_the_run(evidence) else "hazard",
        title="LayerNorm divides by zero where a layer's units are equal",
        found=(
            "For a row whose units are all equal, LayerNorm computes 0 / 0, which is NaN. "
            f"{_met(evidence)}"
        ),
        why=(
            "One such row makes the minibatch's loss and its gradient NaN, and then every "
            "parameter. A small epsilon keeps the division defined."
        ),
        fix="norm_epsilon",
        source="mlp_core.engine.model.norm_of",
        updates=_closest(evidence),
    )


def _undefined_gradient(evidence: Evidence) -> Finding | None:
    """Finds a gradient that is NaN for a row made to have equal units.

    Precondition: the loss of that row is finite; else `_undefined_output` says so.
    """
    probes = evidence.probes
    if np.isfinite(probes.zero_variance_gradient) or not np.isfinite(probes.zero_variance_loss):
        return None
    return Finding(
        name="undefined_gradient",
        severity="fatal" if _ended_the_run(evidence) else "hazard",
        title="LayerNorm has no gradient where a layer's units are equal",
        found=(
            f"For a row whose units are all equal, the loss is {probes.zero_variance_loss:.3g} but "
            f"its gradient is NaN. {_met(evidence)}"
        ),
        why=(
            "The square root in the std has an infinite slope at 0, and an epsilon added after the "
            "root does not change that. Inside, as in sqrt(var + epsilon), it keeps the slope "
            "finite."
        ),
        fix="epsilon_in_root",
        source="mlp_core.engine.model.norm_of",
        updates=_closest(evidence),
    )


def _met_zero(evidence: Evidence) -> bool:
    return bool(np.nanmin(evidence.units.smallest_std) < NO_VARIANCE)


def _ended_the_run(evidence: Evidence) -> bool:
    """Returns whether a row without variance made a loss NaN up to the end.

    It did if such a row has no loss or gradient, and there was one where the NaN began. A run that
    diverges for another reason, such as its learning rate, is not blamed on LayerNorm.
    """
    since, probes = evidence.losses.outcome.since, evidence.probes
    if since is None or np.isfinite(probes.zero_variance_loss + probes.zero_variance_gradient):
        return False
    record = np.searchsorted(evidence.losses.updates, since, "left")
    around = evidence.units.smallest_std[max(0, record - 1) : record + 1]
    return bool(np.nanmin(around, initial=np.inf) < NO_VARIANCE)


def _met(evidence: Evidence) -> str:
    smallest = evidence.units.smallest_std
    layer = int(np.nanargmin(np.fmin.reduce(smallest))) + 1
    least = f"the smallest std over a row's units is {np.nanmin(smallest):.2g}, in layer {layer}"
    if not _met_zero(evidence):
        return f"It does not happen in this run: {least}."
    return f"It happens in this run: {least}. {described(evidence.losses.outcome)}".strip()


def _closest(evidence: Evidence) -> tuple[int, int]:
    """Returns the update from which on it made a loss NaN, else the record with least variance."""
    since = evidence.losses.outcome.since
    if since is not None and _ended_the_run(evidence):
        return since, since
    least = np.fmin.reduce(evidence.units.smallest_std, axis=1)
    at = int(evidence.losses.updates[np.nanargmin(least)])
    return at, at


def _dead_layer(evidence: Evidence) -> Finding | None:
    """Finds layers that stay mostly dead up to the end, or up to the NaN.

    Units that are dead for a while and recover did no lasting harm. Precondition: none, all
    training rows are looked at.
    """
    finite = np.flatnonzero(np.isfinite(evidence.losses.train))
    dead = evidence.units.dead[finite]
    if not len(dead) or dead[-1].max() < DEAD_SHARE:
        return None
    layer = int(dead[-1].argmax())
    alive = np.flatnonzero(dead[:, layer] < DEAD_SHARE)
    since = int(alive[-1]) + 1 if len(alive) else 0
    first, last = evidence.losses.updates[finite[[since, -1]]]
    units = evidence.start[f"layers[{layer}].bias"].size
    at_the_end = round(dead[-1, layer] * units)
    is_drawn = since == 0 and _drawn_norm(evidence) is not None
    return Finding(
        name="dead_layer",
        severity="symptom",
        title="Most of a layer is dead",
        found=(
            f"From update {first} to {last}, at least {DEAD_SHARE:.0%} of the units of layer "
            f"{layer + 1} are 0 for every training row; at the end, {at_the_end} of {units}."
        ),
        why=(
            "A unit that is 0 for every row has a gradient of 0, so its weights learn nothing "
            "until earlier layers change its input. If all units of a layer are dead, every "
            "prediction is the same."
        ),
        fix="norm_init" if is_drawn else None,
        source="mlp_core.engine.model.outputs",
        updates=(int(first), int(last)),
    )


CHECKS = (
    Check(
        "drawn_norm",
        f"No gain of LayerNorm starts negative or within {TINY_GAIN} of 0.",
        _drawn_norm,
    ),
    Check(
        "undefined_output",
        "The loss is finite for a row whose units are all equal.",
        _undefined_output,
    ),
    Check(
        "undefined_gradient",
        "The gradient of the loss is finite for a row whose units are all equal.",
        _undefined_gradient,
    ),
    Check(
        "dead_layer",
        f"No layer stays dead in {DEAD_SHARE:.0%} of its units up to the end.",
        _dead_layer,
    ),
)
