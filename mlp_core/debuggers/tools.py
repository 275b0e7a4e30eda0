"""All tools, and a command for one: `python -m mlp_core.debuggers.tools TOOL ROUNDS CASE...`.

The tool runs in a separate process, because it sets global flags of JAX. The command prints the
cells as JSON, with the cost of the tool timed in ROUNDS rounds; the cost is NaN for 0 rounds.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import checkify

from mlp_core.data.dataset import baselines, dataset
from mlp_core.debuggers import CASES, FIT_UPDATES, SEEDS, SOUND, Case, Outcome
from mlp_core.debuggers.scripts import Names, Script, line_of, with_batch_loss
from mlp_core.diagnosis.checks.learning import FITTED, LINEAR, START, sound_start
from mlp_core.doctor.session import watch
from mlp_core.engine.outcome import failed
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings

WATCHED_UPDATES = 256
"""Number of updates under a tool that may stop the run: eight epochs, by which the loss of the case
`nan` is NaN."""
APART = 10.0
"""Seeds disagree if one validation loss is more than this many times their median."""
SHAPES = 2
"""Number of expected batch shapes: a full minibatch, and the last one of an epoch."""


class Alarm(NamedTuple):
    """A tool's report of a problem."""

    message: str
    line: int = 0
    """The number of the line that it points at; 0 if the tool only judges numbers."""


class Tool(NamedTuple):
    """A tool that looks for bugs."""

    name: str
    examine: Callable[[Script], Alarm | None]
    """Runs the script and returns the tool's alarm, if any."""
    updates: int = Settings().steps
    """Number of updates that the script makes."""


def _raising(
    script: Script,
    flag: Callable[[], AbstractContextManager[Any]] = nullcontext,
    change: Callable[[Names], None] = with_batch_loss,
    edited: Callable[[str], str] = lambda source: source,
) -> Alarm | None:
    """Returns the error that the script raises under a tool as an alarm, if any."""
    try:
        with flag():
            script.run(change, edited)
    except (FloatingPointError, checkify.JaxRuntimeError, jax.errors.KeyReuseError) as error:
        message = re.sub(r"\s+", " ", str(error)).split(" See https")[0]
        # checkify raises its error in `throw`; the cause has the line whose check failed.
        is_check = isinstance(error, checkify.JaxRuntimeError)
        line = (is_check and line_of(error.__cause__)) or line_of(error)
        return Alarm(f"{type(error).__name__}: {message}", line)
    return None


def _flagged(flag: Any, **changes: Any) -> Callable[[Script], Alarm | None]:
    return partial(_raising, flag=partial(flag, True), **changes)


def _with_typed_keys(source: str) -> str:
    return source.replace("jax.random.PRNGKey(", "jax.random.key(")


def _checked(errors: frozenset[Any]) -> Callable[[Script], Alarm | None]:
    def change(names: Names) -> None:
        with_batch_loss(names)
        checked = jax.jit(checkify.checkify(names["step"], errors=errors))

        def step(*arguments: Any) -> Any:
            error, result = checked(*arguments)
            error.throw()
            return result

        names["step"] = step

    return partial(_raising, change=change)


def _traced_shapes(script: Script) -> Alarm | None:
    """Returns an alarm if the step was traced for an empty batch or for too many shapes.

    The Python code of a compiled function runs only while JAX traces it, so it can list the shapes.
    """
    shapes: list[tuple[int, ...]] = []

    def change(names: Names) -> None:
        compiled = "gradient_of" if "gradient_of" in names else "step"
        function = names[compiled].__wrapped__

        def traced(*arguments: Any) -> Any:
            shapes.append(arguments[-2].shape)
            return function(*arguments)

        names[compiled] = jax.jit(traced)

    script.run(change)
    if len(shapes) <= SHAPES and all(rows > 0 for rows, *_ in shapes):
        return None
    return Alarm(f"the step was traced for batches of shape {', '.join(map(str, shapes))}")


def _one_batch(script: Script) -> Alarm | None:
    settings = replace(script.settings, steps=FIT_UPDATES)
    batch: list[jax.Array] = []

    def change(names: Names) -> None:
        step = names["step"]

        def on_first_batch(params: Any, opt_state: Any, *rows: jax.Array) -> Any:
            batch.extend(rows[len(batch) :])
            return step(params, opt_state, *batch)

        names["step"] = on_first_batch

    names = replace(script, settings=settings).run(change).names
    loss = float(names["loss"](names["params"], *batch))
    if loss <= FITTED * baselines(settings).predict_mean:
        return None
    return Alarm(f"after {FIT_UPDATES} updates on one minibatch, its loss is {loss:.2g}")


def _start_loss(script: Script) -> Alarm | None:
    start = replace(script, settings=replace(script.settings, steps=1)).run().start_loss
    sound = sound_start(float(np.mean(dataset(script.settings).y_train ** 2)))
    if start <= START * sound:
        return None
    return Alarm(f"the initial loss is {start:.2g}; sound starts have {sound:.2g} on average")


def _least_squares(script: Script) -> Alarm | None:
    end, rules = script.run().val_loss, baselines(script.settings)
    if end - rules.least_squares <= LINEAR * rules.predict_mean:
        return None
    return Alarm(
        f"the final validation loss is {end:.2g}; least squares has {rules.least_squares:.1g}"
    )


def _several_seeds(script: Script) -> Alarm | None:
    first = script.settings.seed
    settings = [replace(script.settings, seed=seed) for seed in range(first, first + SEEDS)]
    ends = np.array([replace(script, settings=each).run().val_loss for each in settings])
    lost, finite = int(failed(ends).sum()), ends[~failed(ends)]
    if lost == 0 and ends.max() <= APART * np.median(ends):
        return None
    spread = f"{finite.min():.2g} to {finite.max():.2g}" if len(finite) else "none"
    return Alarm(f"{lost} of {SEEDS} seeds ended in NaN; validation losses of the others: {spread}")


def _check(script: Script) -> Alarm | None:
    """Returns the worst finding of this package's `check`; a second batch shape does not count."""
    with watch() as report:
        script.run(change=lambda names: None)
    for finding in report.findings:
        if finding.kind != "retraced" or len(finding.numbers["shapes"]) > SHAPES:
            return Alarm(f"{finding.kind}: {finding.message}", finding.line)
    return None


_KEYS = jax.debug_key_reuse

TOOLS = (
    Tool("debug_nans", _flagged(jax.debug_nans), WATCHED_UPDATES),
    Tool("debug_infs", _flagged(jax.debug_infs), WATCHED_UPDATES),
    Tool("key_reuse_PRNGKey", _flagged(_KEYS), WATCHED_UPDATES),
    Tool("key_reuse_key", _flagged(_KEYS, edited=_with_typed_keys), WATCHED_UPDATES),
    Tool("checkify_float", _checked(checkify.float_checks), WATCHED_UPDATES),
    Tool("checkify_index", _checked(checkify.index_checks), WATCHED_UPDATES),
    Tool("checkify_div", _checked(checkify.div_checks), WATCHED_UPDATES),
    Tool("traced_shapes", _traced_shapes, WATCHED_UPDATES),
    Tool("one_batch", _one_batch),
    Tool("start_loss", _start_loss),
    Tool("least_squares", _least_squares),
    Tool("several_seeds", _several_seeds),
    Tool("check", _check, WATCHED_UPDATES),
)


def outcome(case: Case, script: Script, alarm: Alarm | None) -> Outcome:
    """Returns "caught" if the alarm points at a bug's lines or shows empty minibatches.

    Every other alarm for a program with a bug is a symptom.
    """
    if alarm is None:
        return "silent"
    if case.name == SOUND:
        return "false alarm"
    named = alarm.line > 0 and any(script.is_at(alarm.line, bug) for bug in case.bugs)
    shown = "whole_batches" in case.bugs and "(0, " in alarm.message
    return "caught" if named or shown else "symptom"


@posts_numerics
def main(tool_name: str, rounds: int, case_names: list[str]) -> None:
    """Runs the tool on each of the cases and prints the cells as JSON."""
    tool = next(tool for tool in TOOLS if tool.name == tool_name)
    cells: list[dict[str, str]] = []
    for case in (case for case in CASES if case.name in case_names):
        script = Script(Settings(seed=case.seed, steps=tool.updates), case.fixes)
        alarm = tool.examine(script)
        message, number = alarm or Alarm("")
        line = script.lines[number - 1].text.strip() if number else ""
        said = {"outcome": outcome(case, script, alarm), "message": message, "line": line}
        cells.append({"case": case.name, **said})
    print(json.dumps({"cells": cells, "cost": _cost(tool, rounds) if rounds else float("nan")}))


def _cost(tool: Tool, rounds: int) -> float:
    """Returns the sound script's time with the tool over its time without, compilation included."""
    case = next(case for case in CASES if case.name == SOUND)
    script = Script(Settings(seed=case.seed, steps=tool.updates), case.fixes)

    def seconds(action: Callable[[], object]) -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    times = [(seconds(script.run), seconds(lambda: tool.examine(script))) for _ in range(rounds)]
    plain, with_tool = (min(column) for column in zip(*times, strict=True))
    return with_tool / plain


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
