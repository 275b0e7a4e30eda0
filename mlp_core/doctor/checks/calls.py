"""Checks of compiled functions: their minibatches, their traces, and uncompiled operations."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from mlp_core.diagnosis.checks.learning import MANY_OPERATIONS
from mlp_core.doctor.recording import Recorder, Region
from mlp_core.doctor.records import ScriptFinding

MANY_SHAPES = 4
"""More than the shapes of a full minibatch, the last one of an epoch, and an evaluation."""
LISTED = 4
MANY_REPEATS = 3
"""Repeated traces for the same arguments; one or two result from where arrays are stored."""


def empty_minibatches(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds calls of a function with arrays that have rows in other calls but none in these.

    Precondition: the arguments have the same structure in both calls.
    """
    for region in recorder.regions.values():
        empty = {s: n for s, n in region.signatures.items() if any(0 in (x or ()) for x in s)}
        full = [s for s in region.signatures if s not in empty]
        wrong = {s: n for s, n in empty.items() if any(_same_but_rows(s, one) for one in full)}
        if not wrong:
            continue
        calls = sum(wrong.values())
        shape = next(x for x in next(iter(wrong)) if 0 in (x or ()))
        message = (
            f"{calls:,} of {region.calls:,} calls of `{region.name}` received an empty minibatch: "
            f"an array of shape {shape}."
        )
        numbers = {"calls": region.calls, "empty": calls, "shape": list(shape)}
        yield ScriptFinding("empty_minibatches", "fault", *region.place, message, numbers)


def _same_but_rows(empty: tuple[Any, ...], full: tuple[Any, ...]) -> bool:
    return len(empty) == len(full) and all(
        a == b or (a is not None and b is not None and 0 in a and len(a) == len(b))
        for a, b in zip(empty, full, strict=True)
    )


def traced_again(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds functions that were traced more than once.

    Precondition: none; the traces are counted. A few shapes are only reported for training steps.
    """
    for region in recorder.regions.values():
        different = list(dict.fromkeys(region.traces))
        shapes = _changing(different)
        is_usual = not region.is_training and 0 < len(shapes) < MANY_SHAPES
        if len(region.traces) < 2 or region.calls < 3 or is_usual:
            continue
        numbers: dict[str, Any] = {"traces": len(region.traces), "calls": region.calls}
        numbers["shapes"] = [list(shape) for shape in shapes]
        listed = ", ".join(map(str, shapes[:LISTED])) + (", ..." if len(shapes) > LISTED else "")
        name = f"`{region.name}` was traced {len(region.traces)} times in {region.calls:,} calls"
        if len(different) <= len(region.traces) - MANY_REPEATS:
            message = (
                f"{name}; {len(region.traces) - len(different)} traces repeat earlier arguments."
            )
            yield ScriptFinding("retraced", "cost", *region.place, message, numbers)
        elif not shapes:
            values = _values(different)
            message = f"{name}, for different Python values or types: {values}."
            yield ScriptFinding("retraced", "cost", *region.place, message, numbers)
        elif _is_changing(region, shapes):
            message = f"{name}, for arrays of shape {listed}."
            yield ScriptFinding("changing_shapes", "cost", *region.place, message, numbers)
        else:
            message = f"{name}, for arrays of shape {listed}."
            yield ScriptFinding("retraced", "cost", *region.place, message, numbers)


def _changing(traces: list[tuple[Any, ...]]) -> list[tuple[int, ...]]:
    """Returns the shapes of the first array that differs between traces."""
    for column in zip(*traces, strict=False):
        shapes = [leaf[0] for leaf in column if isinstance(leaf, tuple)]
        if len(set(shapes)) > 1:
            return list(dict.fromkeys(shapes))
    return []


def _is_changing(region: Region, shapes: list[tuple[int, ...]]) -> bool:
    return len([shape for shape in shapes if 0 not in shape]) >= MANY_SHAPES


def _values(traces: list[tuple[Any, ...]]) -> str:
    for column in zip(*traces, strict=False):
        values = list(dict.fromkeys(leaf if isinstance(leaf, str) else leaf[1] for leaf in column))
        if len(values) > 1:
            return ", ".join(values[:LISTED]) + (", ..." if len(values) > LISTED else "")
    return "in the keyword arguments"


def not_compiled(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds a training step that sends many operations to the device one by one.

    Precondition: windows of three steps were counted, and each window had that many. Indexing,
    random numbers, and compiled functions are not counted, so the true number is larger.
    """
    if not recorder.windows:
        return
    least = min(recorder.windows, key=lambda window: window.operations.total())
    operations = least.operations.total() // least.steps
    if operations < MANY_OPERATIONS:
        return
    place, at_line = least.operations.most_common(1)[0]
    message = (
        f"Each training step dispatches at least {operations} operations one by one, "
        f"{at_line // least.steps} of them on line {place.line}."
    )
    yield ScriptFinding("not_compiled", "cost", *place, message, {"operations": operations})


def read_back(recorder: Recorder) -> Iterator[ScriptFinding]:
    """Finds a line that reads a value back from the device in every training step.

    Precondition: it did so in each step of every counted window, and at least two were counted.
    """
    if len(recorder.windows) < 2:
        return
    steps = [reads for window in recorder.windows for reads in window.reads]
    counts = Counter(place for reads in steps for place in reads)
    for place, count in counts.items():
        if count == len(steps):
            message = (
                f"Line {place.line} reads a value back from the device in every training step."
            )
            yield ScriptFinding(
                "read_back_every_step", "cost", *place, message, {"steps_seen": count}
            )
