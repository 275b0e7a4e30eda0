"""The tools: what each says about a program."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial, wraps
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import checkify

from mlp_core.data.dataset import baselines, dataset
from mlp_core.debuggers.alarms import Alarm, of_error
from mlp_core.debuggers.cases import Case
from mlp_core.debuggers.subject import Harness, train
from mlp_core.debuggers.usage import FIT_UPDATES, SEEDS
from mlp_core.diagnosis.checks.learning import FITTED, LINEAR, START, sound_start
from mlp_core.engine.outcome import failed
from mlp_core.settings import Settings

WATCHED_UPDATES = 256
"""A tool that may stop the run watches this many updates: eight epochs. By then `nan` is NaN."""
APART = 10.0
"""Seeds disagree if one ends so many times above their median."""
SHAPES = 2
"""A full batch, and an epoch's last one."""

_ERRORS = (FloatingPointError, checkify.JaxRuntimeError, jax.errors.KeyReuseError)


class Tool(NamedTuple):
    """A way to look for bugs."""

    name: str
    examine: Callable[[Case, Settings], Alarm | None]
    """Runs the program and returns the tool's complaint, if any."""
    updates: int = Settings().steps
    """How many updates of the program it watches."""


def _raising(
    harness: Harness,
    flag: Callable[[], AbstractContextManager[Any]],
    case: Case,
    settings: Settings,
) -> Alarm | None:
    """Runs the program under a tool that raises."""
    try:
        with flag():
            train(settings, case.fixes, harness)
    except _ERRORS as error:
        return of_error(error)
    return None


def _flagged(flag: Any, harness: Harness) -> Callable[[Case, Settings], Alarm | None]:
    return partial(_raising, harness, partial(flag, True))


def _checked(errors: frozenset[Any]) -> Callable[[Case, Settings], Alarm | None]:
    def thrown(function: Any) -> Any:
        @wraps(function)
        def call(*arguments: Any) -> Any:
            error, result = function(*arguments)
            error.throw()
            return result

        return call

    def eager(function: Any) -> Any:
        return thrown(checkify.checkify(function, errors=errors))

    def compiled(function: Any) -> Any:
        return thrown(jax.jit(checkify.checkify(function, errors=errors)))

    return partial(_raising, Harness(compiled=compiled, eager=eager), nullcontext)


def _traced_shapes(case: Case, settings: Settings) -> Alarm | None:
    """Lists the batch shapes for which the step was traced: Python runs at a trace only."""
    shapes: list[tuple[int, ...]] = []

    def compiled(function: Any) -> Any:
        def traced(*arguments: Any) -> Any:
            shapes.append(arguments[-2].shape)
            return function(*arguments)

        return jax.jit(traced)

    train(settings, case.fixes, Harness(compiled=compiled))
    if len(shapes) <= SHAPES and all(rows > 0 for rows, *_ in shapes):
        return None
    return Alarm(f"the step was traced for batches of shape {', '.join(map(str, shapes))}")


def _one_batch(case: Case, settings: Settings) -> Alarm | None:
    fit = train(replace(settings, steps=FIT_UPDATES), case.fixes, Harness(), one_batch=True)
    guess = baselines(settings).predict_mean
    if fit.batch_loss <= FITTED * guess:
        return None
    return Alarm(f"after {FIT_UPDATES} updates on one batch its loss is {fit.batch_loss:.2g}")


def _start_loss(case: Case, settings: Settings) -> Alarm | None:
    start = train(replace(settings, steps=1), case.fixes, Harness()).start_loss
    sound = sound_start(float(np.mean(dataset(settings).y_train ** 2)))
    if start <= START * sound:
        return None
    return Alarm(f"the loss starts at {start:.2g}; sound starts average {sound:.2g}")


def _least_squares(case: Case, settings: Settings) -> Alarm | None:
    end, rules = train(settings, case.fixes, Harness()).val_loss, baselines(settings)
    if end - rules.least_squares <= LINEAR * rules.predict_mean:
        return None
    return Alarm(f"the val loss ends at {end:.2g}; least squares gives {rules.least_squares:.1g}")


def _several_seeds(case: Case, settings: Settings) -> Alarm | None:
    seeds = range(case.seed, case.seed + SEEDS)
    ends = np.array(
        [train(replace(settings, seed=seed), case.fixes, Harness()).val_loss for seed in seeds]
    )
    lost, finite = int(failed(ends).sum()), ends[~failed(ends)]
    if lost == 0 and ends.max() <= APART * np.median(ends):
        return None
    spread = f"{finite.min():.2g} to {finite.max():.2g}" if len(finite) else "none"
    return Alarm(f"{lost} of {SEEDS} seeds ended in NaN; val losses of the others: {spread}")


_TYPED = Harness(new_key=jax.random.key)

TOOLS = (
    Tool("debug_nans", _flagged(jax.debug_nans, Harness()), WATCHED_UPDATES),
    Tool("debug_infs", _flagged(jax.debug_infs, Harness()), WATCHED_UPDATES),
    Tool("key_reuse_PRNGKey", _flagged(jax.debug_key_reuse, Harness()), WATCHED_UPDATES),
    Tool("key_reuse_key", _flagged(jax.debug_key_reuse, _TYPED), WATCHED_UPDATES),
    Tool("checkify_float", _checked(checkify.float_checks), WATCHED_UPDATES),
    Tool("checkify_index", _checked(checkify.index_checks), WATCHED_UPDATES),
    Tool("checkify_div", _checked(checkify.div_checks), WATCHED_UPDATES),
    Tool("traced_shapes", _traced_shapes, WATCHED_UPDATES),
    Tool("one_batch", _one_batch),
    Tool("start_loss", _start_loss),
    Tool("least_squares", _least_squares),
    Tool("several_seeds", _several_seeds),
)
