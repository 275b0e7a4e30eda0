"""Checks of numerics: NaN, denominators, gradients, units, updates, losses, initial arrays."""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from mlp_core.diagnosis.checks.network import DEAD_SHARE
from mlp_core.diagnosis.checks.rows_and_keys import copies
from mlp_core.diagnosis.records import Severity
from mlp_core.doctor.notes import Note
from mlp_core.doctor.places import Place
from mlp_core.doctor.recording import Gradient, Recorder, Sample
from mlp_core.doctor.records import ScriptFinding

NEAR_ZERO = 0.25
"""Share of the median denominator. A smaller denominator shows that nothing keeps denominators away
from 0. The standard deviation of 6 units is smaller in 1 of 500 rows, that of 32 units in none."""
FEWEST = 3
"""Minimum number of samples, which must agree."""
LARGE_UPDATE, SMALL_UPDATE = 0.5, 1e-7
"""Bounds for the norm of an update divided by the norm of the parameters, over all arrays."""
WORSE = 1.05
"""Factor by which the loss must exceed that of predicting the mean."""
ENOUGH_STEPS = 50
"""Minimum number of training steps before a loss is compared with predicting the mean."""
COMPARED = 256
"""Number of entries of an array that are compared with those of another array."""


def not_finite(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds the operation that made the first NaN or infinity.

    Precondition: a training step returned one although its minibatch has rows. The finding is fatal
    if the last step returned one too. An infinity inside a step with finite results, such as in a
    mask, is not reported.
    """
    for region in recorder.regions.values():
        if region.culprit is None:
            continue
        call, notes = region.culprit
        severity: Severity = "fatal" if region.is_nonfinite else "hazard"
        numbers: dict[str, Any] = {"call": call, "calls": region.calls}
        place, operation, is_backward = _first_bad(notes)
        # A gradient reuses values of the forward pass, so the loss decides, if it is known.
        losses = [n.values for n in notes if n.kind == "mark" and n.name.startswith("loss|")]
        is_gradient = all(map(_finite, losses)) if losses else is_backward
        what = "gradient" if is_gradient else "forward pass"
        if place is None:
            given = "which its arguments contained", "from an operation that was not examined"
            place, where = region.place, given[not region.is_given_nonfinite]
        else:
            where = f"from `{operation}` on line {place.line}, in the {what}"
        kind = "nonfinite_gradient" if what == "gradient" else "nonfinite_forward"
        until = "the last call had one too" if region.is_nonfinite else "a later call was finite"
        message = (
            f"Call {call + 1:,} of {region.calls:,} of `{region.name}` was the first with a NaN or "
            f"an infinity, {where}; {until}."
        )
        yield ScriptFinding(kind, severity, *place, message, numbers)


def _finite(values: Any) -> bool:
    return bool(np.isfinite(values).all())


def _first_bad(notes: list[Any]) -> tuple[Place | None, str, bool]:
    """Returns the place and operation of the first NaN, and whether it is in the backward pass.

    If that NaN was computed from infinities, or if there is none, the first infinity counts.
    """
    flags = [note for note in notes if note.kind == "finite"]
    if not flags:
        return None, "", False
    turn = _first_turn(flags)
    first_infinity = None
    for note in flags:
        if note.loops == 1 and turn not in note.turns:
            continue  # a branch of a condition that this iteration did not take
        values = (note.at(turn) if note.loops == 1 else note).values
        nan_in, inf_in, nan_out, inf_out = map(np.any, values)
        if inf_out and not (nan_in or inf_in) and first_infinity is None and note.stack.places:
            first_infinity = note
        if nan_out and not nan_in:
            found = first_infinity if inf_in and first_infinity is not None else note
            operation, _, way = found.name.partition(" ")
            return (found.stack.place if found.stack.places else None), operation, way == "backward"
    if first_infinity is None:
        return None, "", False
    operation, _, way = first_infinity.name.partition(" ")
    return first_infinity.stack.place, operation, way == "backward"


def _first_turn(notes: list[Note]) -> int:
    """Returns the first iteration of a loop with a NaN or an infinity, 0 if there is none."""
    bad = [note.turns[note.values[2] | note.values[3]] for note in notes if note.loops == 1]
    return min((int(turns[0]) for turns in bad if len(turns)), default=0)


def small_denominator(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds a division by a square root without an epsilon that can be 0.

    Precondition: the division is in an examined training step. Either the smallest denominator was
    below a quarter of the median one, so nothing keeps denominators away from 0, or they are
    standard deviations of several rows or units, which are 0 where all units are 0.
    """
    least: dict[Place, tuple[float, float]] = {}
    deviations: set[Place] = set()
    for region in recorder.regions.values():
        for _, note in region.notes:
            if note.kind == "root" and region.is_training and note.stack.places:
                small, middle = map(float, note.values)
                deviations |= {note.stack.place} if note.name == "deviation" else set()
                if small < least.get(note.stack.place, (np.inf, 0.0))[0]:
                    least[note.stack.place] = small, middle
    for place, (small, middle) in least.items():
        if small < NEAR_ZERO * middle or place in deviations:
            message = (
                f"The square root on line {place.line} is a denominator without an epsilon. Its "
                f"smallest value is {small:.2g}, its median {middle:.2g}."
            )
            numbers = {"smallest": small, "median": middle}
            yield ScriptFinding("small_denominator", "hazard", *place, message, numbers)


def _samples(gradient: Gradient) -> list[Sample]:
    return [sample for sample in gradient.samples if sample.gradients]


def no_gradient(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds parameters whose gradient is exactly 0.

    Precondition: the gradient was 0 in each of at least three examined steps in which all gradients
    were finite, and the array is not empty.
    """
    for gradient in recorder.gradients.values():
        samples = [s for s in _samples(gradient) if all(map(_finite, s.gradients.values()))]
        if len(samples) < FEWEST:
            continue
        names = [name for name in samples[0].gradients if name in samples[0].params]
        zero = [n for n in names if all(not np.any(s.gradients.get(n, 0)) for s in samples)]
        zero = [name for name in zero if samples[0].params[name].size]
        is_all = len(zero) == len(names)
        if not zero or not names:
            continue
        shown = ", ".join(f"`{name}`" if name else "the parameters" for name in zero[:4])
        rest = f" and {len(zero) - 4} more" if len(zero) > 4 else ""
        which = "every parameter" if is_all else f"{shown}{rest}"
        message = f"The gradient of {which} is exactly 0 in all {len(samples)} examined steps."
        numbers = {"parameters": zero, "of": len(names), "steps": len(samples)}
        severity: Severity = "fault" if is_all else "symptom"
        yield ScriptFinding("no_gradient", severity, *gradient.place, message, numbers)


def dead_units(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds layers in which most ReLUs are 0 for every row of the minibatch, up to the end.

    Precondition: the ReLU's outputs are multiplied by a matrix, the minibatch has at least 8 rows,
    and the units were 0 in each of the three latest examined calls.
    """
    seen: dict[tuple[str, Place, int], list[np.ndarray]] = {}
    for region in recorder.regions.values():
        order: dict[tuple[int, Place], int] = {}
        for call, note in region.notes:
            if note.kind != "relu" or not region.is_training or not note.stack.places:
                continue
            place = note.stack.place
            order[call, place] = order.get((call, place), 0) + 1
            key = f"{region.name}", place, order[call, place]
            seen.setdefault(key, []).append(np.asarray(note.values))
    for (_, place, number), dead in seen.items():
        newest = [one for one in dead if one.shape == dead[-1].shape][-FEWEST:]
        if len(newest) < FEWEST:
            continue
        always = np.all(newest, axis=0)
        if always.mean() >= DEAD_SHARE:
            count, units = int(always.sum()), int(always.size)
            message = (
                f"{count} of {units} ReLUs of layer {number} on line {place.line} are 0 for every "
                "row, up to the end of the run."
            )
            numbers = {"dead": count, "units": units, "layer": number}
            yield ScriptFinding("dead_units", "symptom", *place, message, numbers)


def _norm(arrays: dict[str, np.ndarray]) -> float:
    return float(
        np.sqrt(sum(float(np.sum(np.square(a, dtype=np.float64))) for a in arrays.values()))
    )


def _ratios(samples: list[Sample]) -> list[float]:
    """Returns the relative changes of the parameters between consecutive calls."""
    ratios = []
    for before, after in pairwise(samples):
        if after.call == before.call + 1 and before.params.keys() == after.params.keys():
            moved = {n: after.params[n] - before.params[n] for n in before.params}
            if (size := _norm(before.params)) > 0:
                ratios.append(_norm(moved) / size)
    return [ratio for ratio in ratios if np.isfinite(ratio)]


def update_ratio(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds updates that are nearly as large as the parameters, or too small to change them.

    Precondition: at least three pairs of consecutive steps were examined. Large updates must be
    large in the median, because the first ones may be large, and small updates must all be small,
    because a warmup or a decay makes single updates small. Large updates of a single array are not
    reported, because it may be an input that changes from step to step.
    """
    for gradient in recorder.gradients.values():
        samples = _samples(gradient)
        ratios = _ratios(samples)
        if len(ratios) < FEWEST or _norm(samples[0].gradients) == 0:
            continue
        middle = median(ratios[1:])
        is_large = middle > LARGE_UPDATE and len(samples[0].params) > 1
        if is_large or 0 < max(ratios) < SMALL_UPDATE:
            message = f"The median update changes the parameters by {middle:.2g} times their norm."
            numbers = {"ratio": middle, "largest": max(ratios), "steps": len(ratios)}
            yield ScriptFinding("update_ratio", "symptom", *gradient.place, message, numbers)


def worse_than_mean(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds a mean squared error that ends above that of predicting the mean.

    Precondition: the loss is the plain mean of squared differences from an argument of the
    function, which holds the targets. At least 50 steps were made, at least two of the second half
    were examined, and each minibatch has at least 8 rows.
    """
    for region in recorder.regions.values():
        steps = max(region.calls, region.iterations)
        ends = [
            tuple(map(float, note.values))
            for call, note in region.notes
            if note.kind == "square" and call >= steps / 2 and note.values[2] >= 8
        ]
        if steps < ENOUGH_STEPS or len(ends) < 2 or not region.is_training:
            continue
        loss, mean = median(end[0] for end in ends), median(end[1] for end in ends)
        if np.isfinite(loss) and loss > WORSE * mean > 0:
            message = (
                f"The minibatch loss ends at {loss:.3g}; always predicting the mean reaches "
                f"{mean:.3g}."
            )
            numbers = {"loss": loss, "predict_mean": mean}
            yield ScriptFinding("worse_than_mean", "symptom", *region.place, message, numbers)


def equal_arrays(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds parameters that start with the same random numbers.

    Precondition: both arrays vary, have at least four entries, and have gradients. Tied parameters
    change together, so arrays that are still equal later are not reported.
    """
    for gradient in recorder.gradients.values():
        samples = _samples(gradient)
        if len(samples) < 2 or samples[0].call != 0:
            continue
        start, later = (
            {n: a.ravel()[:COMPARED] for n, a in s.params.items() if _finite(a)}
            for s in samples[:2]
        )
        found = [c for c in copies(start) if not _is_tied(later, c.first, c.second)]
        if found:
            copy = max(found, key=lambda one: (one.is_equal, one.numbers))
            message = (
                f"`{copy.first}` and `{copy.second}` start with the same numbers"
                f"{'' if copy.is_equal else ', up to a factor'} ({len(found)} such pairs)."
            )
            numbers = {"pairs": len(found), "arrays": [copy.first, copy.second]}
            yield ScriptFinding("equal_arrays", "symptom", *gradient.place, message, numbers)


def _is_tied(later: dict[str, np.ndarray], first: str, second: str) -> bool:
    return {first, second} <= later.keys() and np.array_equal(later[first], later[second])
