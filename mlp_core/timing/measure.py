"""The measuring process: `python -m mlp_core.timing.measure`, started by `process`.

It reads requests from standard input, runs at a low priority, and prints its progress as lines of
JSON.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from mlp_core.engine import batches, update
from mlp_core.engine.training import train
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes
from mlp_core.timing import process
from mlp_core.timing.figures import Figures, Measurement, Point, Progress, Request, Rest, measurable
from mlp_core.timing.forms import Form, StepLoop, WholeBatchesLoop, forms

NICENESS = 10

ROUNDS, ROUND_SECONDS = 5, 0.2

SIZES = {"steps": (10, 100, 1000, 3000), "batch_size": (16, 256, 1024), "width": (8, 16, 64)}
"""The sizes of each axis, from those that dispatch dominates to those that arithmetic dominates."""
GROWTH_ROUNDS, GROWTH_ROUND_SECONDS = 3, 0.1

Times = dict[str, list[float]]  # milliseconds by name

_COMPILED, _TIMED = 0.4, 0.7  # the shares of the total time that have passed at these points
_TRACE, _LOWER, _COMPILE = (
    f"/jax/core/compile/{stage}_duration"
    for stage in ("jaxpr_trace", "jaxpr_to_mlir_module", "backend_compile")
)


@posts_numerics
def measured(request: Request) -> Iterator[Progress]:
    """Yields the progress of a measurement; the last measurement is complete."""
    parts = {"steps": _steps, "forms": _forms, "growth": _growth}
    return parts[request.what](request.settings, request.fixes)


def _steps(settings: Settings, fixes: Fixes) -> Iterator[Progress]:
    """Times a step in three forms, first in the form that `jit_step` selects."""
    names = ("step", "gradient") if fixes.jit_step else ("gradient", "step")
    ready, step_ms = forms(settings, fixes, (*names, "loop")), Times()
    found = Measurement(settings, fixes)
    for number in _rounds(ready, step_ms, ROUNDS, ROUND_SECONDS):
        found = replace(found, points=_points("steps", settings.steps, step_ms))
        yield Progress(f"Timing, round {number} of {ROUNDS}", number / ROUNDS, found)


def _forms(settings: Settings, fixes: Fixes) -> Iterator[Progress]:
    """Measures every form: first its compilation, then its steps, in rounds over all forms."""
    found = Measurement(settings, fixes, len(jax.local_devices()))
    yield Progress("Drawing the data", 0.0, found)
    ready, first, step_ms = forms(settings, fixes), {}, Times()
    for place, form in enumerate(reversed(ready)):  # the rounds reuse the last form's programs
        text, share = f"Compiling form {place + 1} of {len(ready)}", place / len(ready)
        yield Progress(text, _COMPILED * share, found)
        first[form.name] = first_call(partial(form.start(), form.fewest))
    for number in _rounds(ready, step_ms, ROUNDS, ROUND_SECONDS):
        share = _COMPILED + (_TIMED - _COMPILED) * (number - 1) / ROUNDS
        yield Progress(f"Timing, round {number} of {ROUNDS}", share, found)
    losses = {form.name: form.start()(form.warm) for form in ready}
    figures = (
        Figures(
            form.name,
            *first[form.name],
            form.prepare_ms,
            form.dispatches(),
            tuple(step_ms[form.name]),
            *difference(losses[form.name], losses["loop"][-1 if form.name == "sweep" else 0 :]),
        )
        for form in ready
    )
    found = replace(found, figures=tuple(figures))
    yield Progress("Comparing ways to handle a smaller minibatch", _TIMED, found)
    yield Progress("Done", 1.0, replace(found, rests=tuple(_rests(settings, fixes))))


def _growth(settings: Settings, fixes: Fixes) -> Iterator[Progress]:
    """Times a step of every form while one size changes and the others stay the same.

    Sizes that exceed the bounds of the settings are skipped, for example if there are too few
    training rows. Runs with slow steps are shortened; on the axis "steps", they are skipped.
    """
    found = Measurement(settings, fixes)
    sizes = [(axis, size) for axis, of_axis in SIZES.items() for size in of_axis]
    for place, (axis, size) in enumerate(sizes):
        resized = _resized(settings, axis, size)
        if resized is None:
            continue
        ready, step_ms = forms(resized, fixes), Times()
        for _ in _rounds(ready, step_ms, GROWTH_ROUNDS, GROWTH_ROUND_SECONDS):
            yield Progress(f"Timing {axis.replace('_', ' ')} {size:,}", place / len(sizes), found)
        found = replace(found, points=(*found.points, *_points(axis, size, step_ms)))
    yield Progress("Done", 1.0, found)


def _resized(settings: Settings, axis: str, size: int) -> Settings | None:
    resized: dict[str, Any] = {axis: size}
    if axis == "width":
        resized = {"hidden": (size,) * len(settings.hidden)}
    try:
        wanted = replace(settings, **resized)
    except ValueError:
        return None
    found = measurable(wanted, wanted.steps)
    return None if axis == "steps" and found.steps < size else found


def _rounds(ready: Collection[Form], step_ms: Times, number: int, seconds: float) -> Iterator[int]:
    """Times the forms in turn, appends the time per step to `step_ms`, and yields the round."""
    for done in range(1, number + 1):
        for form in ready:
            times = step_ms.setdefault(form.name, [])
            if not times:
                form.seconds_a_step(form.warm)
            pace = times[-1] / 1e3 if times else form.seconds_a_step(form.fewest)
            times.append(1e3 * form.seconds_a_step(max(1, int(seconds / pace))))
            yield done


def _points(axis: str, size: int, step_ms: Times) -> tuple[Point, ...]:
    return tuple(Point(axis, size, form, tuple(times)) for form, times in step_ms.items())


def difference(mine: np.ndarray, theirs: np.ndarray) -> tuple[float, int]:
    """Returns the largest relative difference of losses, and the number of compared losses.

    Losses that are NaN in both arrays are not compared.
    """
    theirs = theirs[: len(mine)]
    known = ~(np.isnan(mine) & np.isnan(theirs))
    apart = np.abs(mine - theirs)[known] / np.maximum(np.abs(theirs[known]), 1e-12)
    return float(apart.max(initial=0.0)), int(known.sum())


class FirstCall(NamedTuple):
    """The time that JAX spends in a call for which nothing is compiled yet."""

    programs: int
    trace_ms: float
    compile_ms: float
    rest_ms: float


def first_call(call: Callable[[], object]) -> FirstCall:
    """Clears JAX's caches, makes a call, and returns its times from JAX's monitoring events.

    `main` disables JAX's persistent compilation cache for this measurement.
    """
    spent_ms: Times = {_TRACE: [], _LOWER: [], _COMPILE: []}

    def listen(event: str, duration_secs: float, **_: str | int) -> None:
        spent_ms.setdefault(event, []).append(1e3 * duration_secs)

    jax.clear_caches()
    jax.monitoring.register_event_duration_secs_listener(listen)
    began = time.perf_counter()
    call()
    total_ms = 1e3 * (time.perf_counter() - began)
    jax.monitoring.unregister_event_duration_listener(listen)
    trace_ms, compile_ms = sum(spent_ms[_TRACE]), sum(spent_ms[_LOWER] + spent_ms[_COMPILE])
    rest_ms = total_ms - trace_ms - compile_ms
    return FirstCall(len(spent_ms[_COMPILE]), trace_ms, compile_ms, rest_ms)


def _rests(settings: Settings, fixes: Fixes) -> Iterator[Rest]:
    """Yields the cost of each way to handle a smaller minibatch, and its final losses.

    `whole_batches` is always on, because only then does an epoch end with a smaller minibatch. The
    three ways: compile for its shape as it is, pad and mask it, or drop it.
    """
    fixes, last = replace(fixes, whole_batches=True, jit_step=True), np.array([settings.steps])
    loop = StepLoop(settings, fixes, last)
    x, y = StepLoop(settings, fixes, last).next_batch()
    sizes = tuple(dict.fromkeys(batches.rows_seen(settings, fixes).tolist()))
    shapes = tuple((rows, settings.num_features) for rows in sizes)

    def compile_ms(rows: int, *more: int) -> float:
        arguments = (loop.params, loop.opt_state, x[:rows], y[:rows], *loop.numbers, *more)
        call = first_call(lambda: jax.block_until_ready(jax.jit(update.whole_step)(*arguments)))
        return call.trace_ms + call.compile_ms

    def final_losses(loop: StepLoop) -> tuple[float, float]:
        loop.advance(settings.steps)
        return float(loop.losses.train_loss[-1]), float(loop.losses.val_loss[-1])

    of_sizes = [compile_ms(rows) for rows in sizes]
    padded = compile_ms(len(y), len(y))
    yield Rest("as it is", shapes, sum(of_sizes), *final_losses(loop))
    run = train(settings, fixes, (settings.steps,))
    yield Rest("padded", shapes[:1], padded, run.final_train_loss, run.final_val_loss)
    dropped = final_losses(WholeBatchesLoop(settings, fixes, last))
    yield Rest("dropped", shapes[:1], of_sizes[0], *dropped)


def main() -> None:
    """Reads requests and prints the progress of each; prints an error as one line of JSON."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # only the parent process ends this process
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # this process ends when its parent has ended
    try:
        with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as requests:
            for request in process.received(requests):
                if request.what == "forms":  # compile times are measured, so nothing may be cached
                    jax.config.update("jax_enable_compilation_cache", False)
                # Forms compile about a hundred small programs; later processes load them from disk.
                jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
                for progress in measured(request):
                    print(process.line(progress), flush=True)
                print(process.DONE.decode(), end="", flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


if __name__ == "__main__":
    main()
