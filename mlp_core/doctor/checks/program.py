"""Checks of the program: unused results, and arrays whose shapes should not be combined."""

import ast
import linecache
from collections.abc import Iterator

import numpy as np

from mlp_core.doctor.places import Place, is_readers
from mlp_core.doctor.recording import Recorder
from mlp_core.doctor.records import ScriptFinding

FEWEST = 3
FEWEST_CALLS = 10
_CHANGES = {"set", "add", "subtract", "multiply", "mul", "divide", "power", "min", "max", "apply"}


def never_updated(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds parameters that are the same in the first and in the last call.

    Precondition: the gradients were finite and not 0, the same line computed them in at least ten
    calls, and no parameter changed. If some parameters are frozen on purpose, others change.
    """
    for gradient in recorder.gradients.values():
        samples = [s for s in gradient.samples if s.params]
        if len(samples) < FEWEST + 1 or samples[-1].call < FEWEST_CALLS - 1:
            continue
        moves = [any(np.any(g) for g in s.gradients.values()) for s in samples]
        finite = all(np.isfinite(g).all() for s in samples for g in s.gradients.values())
        same = all(
            s.params.keys() == samples[0].params.keys()
            and all(np.array_equal(s.params[n], samples[0].params[n]) for n in s.params)
            for s in samples
        )
        if all(moves) and finite and same:
            calls = samples[-1].call + 1
            message = f"No parameter changes in {calls:,} calls, although the gradients are not 0."
            numbers = {"calls": calls}
            yield ScriptFinding("never_updated", "fault", *gradient.place, message, numbers)


def optimizer_state_dropped(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds an optimizer that receives its initial state in every update.

    Precondition: in at least three examined updates, the state before is always the same, and the
    state after differs from it. Optimizers without a state, such as plain gradient descent, are not
    reported.
    """
    for place, states in recorder.states.items():
        before = {state for state, _ in states}
        if len(states) >= FEWEST and len(before) == 1 and all(a != b for a, b in states):
            message = (
                f"The update on line {place.line} receives the same optimizer state in every step."
            )
            numbers = {"updates": len(states)}
            yield ScriptFinding("optimizer_state_dropped", "fault", *place, message, numbers)


def result_discarded(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds statements that call a function without side effects and discard its result.

    Precondition: a line of the user's code itself calls `apply_updates`, an optimizer's `update`, a
    compiled training step (more than twice, because a first call may only serve to compile it), or
    `x.at[...].set(...)`.
    """
    for (place, name), times in recorder.discards.items():
        yield _discarded(place, name, times)
    for region in recorder.regions.values():
        for place, times in region.discards.items():
            if times >= FEWEST:
                yield _discarded(place, region.name, times)
    for file in sorted(recorder.files):
        yield from _unused_changes(file)


def _discarded(place: Place, name: str, times: int) -> ScriptFinding:
    message = f"Line {place.line} calls `{name}` and discards the result."
    return ScriptFinding("result_discarded", "fault", *place, message, {"times": times})


def _unused_changes(file: str) -> Iterator[ScriptFinding]:
    if not is_readers(file):
        return
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(
                        value=ast.Subscript(value=ast.Attribute(attr="at")), attr=change
                    )
                )
            ) if change in _CHANGES:
                text = ast.unparse(node.value.func)  # type: ignore[attr-defined]
                yield _discarded(Place(file, node.lineno), text, 1)


def broadcast_loss(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds arrays of shapes (B,) and (B, 1) that are combined in a training step.

    Precondition: NumPy's broadcasting rules added the axis, not an index such as `[None]`, and the
    array of shape (B, 1) was computed or passed in with that shape, not made from one of shape
    (B,). An intended matrix of all pairs is written with such an index.
    """
    found: dict[Place, int] = {}
    for region in recorder.regions.values():
        for _, note in region.notes:
            if note.kind == "broadcast" and region.is_training and note.stack.places:
                found[note.stack.place] = int(note.name)
    for place, rows in found.items():
        message = (
            f"On line {place.line}, shapes ({rows},) and ({rows}, 1) broadcast to ({rows}, {rows})."
        )
        yield ScriptFinding("broadcast_loss", "fault", *place, message, {"rows": rows})
