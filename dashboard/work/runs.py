"""The training runs that pages show, cached for all sessions within a bound."""

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dashboard.choice import Choice
from dashboard.work import memory, pace
from dashboard.work.jobs import Job
from dashboard.work.pool import Workers
from mlp_core import STAGES, Settings
from mlp_core.data.table import when_closed
from mlp_core.engine.stretches import estimated_seconds as estimated_seconds

if TYPE_CHECKING:
    from mlp_core.analysis.curves import Curves
    from mlp_core.analysis.wall import Wall
    from mlp_core.data.dataset import Baselines, Scale
    from mlp_core.engine.training import Run

PATIENCE_SECONDS = 0.4
LONGEST_PATIENCE_SECONDS = 2.0

LONG_SECONDS = 1.5
"""If the estimate is above this, the reader has to start runs that are only for comparison."""

_KEPT_RUNS = 200
_compiled: set[object] = set()  # the shapes for which training is compiled
_compiling = threading.Lock()
_THREADS = 2  # the smallest supported server has two cores


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    return Workers(_THREADS, _KEPT_RUNS)


def job(choice: Choice) -> "Job[Run]":
    """Returns the training job of a choice, and starts it if no session has.

    All jobs use the compiled engine. `jit_step` only matters for timings, because the losses are
    the same with and without it.
    """
    fast = choice.compiled
    return _workers().start(fast, lambda: _chunks(fast))


def others(choice: Choice) -> int:
    """Returns the number of other trainings that share the server with a training."""
    return _workers().others(job(choice))


@st.cache_resource(show_spinner=False)
def warm_up(_choice: Choice) -> None:
    """Starts the first training of this process on any page, unless it takes long."""
    if estimated_seconds(_choice.settings) < LONG_SECONDS:
        job(_choice)


@lru_cache(256)
def stored_curves(choice: Choice) -> "Curves | None":
    """Returns the stored curves of a run with the post's settings, or None. Does not need JAX.

    Do not modify the curves: all sessions share them.
    """
    from mlp_core.analysis.curves import post_curves

    try:
        return post_curves(choice.fixes) if choice.settings == Settings() else None
    except ValueError:  # stored curves only shorten the wait
        return None


def is_cold() -> bool:
    """Returns whether nothing is compiled yet, so that the first run takes seconds."""
    return not _compiled


def known(choice: Choice) -> "Run | None":
    """Returns the run of a choice if it is fully trained, otherwise None."""
    found = _workers().find(choice.compiled)
    return found.latest if found and found.succeeded else None


def has_begun(choice: Choice) -> bool:
    """Returns whether any session has requested the training of a choice."""
    return _workers().find(choice.compiled) is not None


def begin(choice: Choice) -> None:
    """Starts or resumes the training of a choice, or restarts a failed one."""
    fast = choice.compiled
    _workers().begin(fast, lambda: _chunks(fast))


def stop(choice: Choice) -> None:
    """Stops the training of a choice for this session, if it is running."""
    found = _workers().find(choice.compiled)
    if found is not None and found.running:
        found.stop()


def patience() -> float:
    """Returns how many seconds a page waits for a run before it shows the partial run.

    The wait is longer with many readers because waiting, unlike polling, costs nothing.
    """
    return min(PATIENCE_SECONDS * pace.crowd().share, LONGEST_PATIENCE_SECONDS)


def wait(choices: Sequence[Choice], seconds: float) -> bool:
    """Trains the choices. Returns True if all of them end before the timeout."""
    deadline = time.monotonic() + seconds
    jobs = [job(choice) for choice in choices]
    ended = [pace.wait(each, max(0.0, deadline - time.monotonic())) for each in jobs]
    return all(ended)


def stages(settings: Settings) -> dict[str, Choice]:
    """Returns the post's stages under these settings, by name."""
    return {name: Choice(fixes, settings) for name, fixes in STAGES.items()}


@lru_cache(64)
def baselines(settings: Settings) -> "Baselines":
    """Returns the losses of predicting the mean and of least squares."""
    import mlp_core

    return mlp_core.baselines(settings)


def _chunks(choice: Choice) -> "Generator[Run, None, None]":
    if is_cold():
        pace.crowd().let_draw()
    import mlp_core

    chunks = mlp_core.train_chunks(choice.settings, choice.fixes)
    with _compiled_by_one(choice.settings):
        first = next(chunks)
    yield first
    yield from chunks


@contextmanager
def _compiled_by_one(settings: Settings) -> Iterator[None]:
    """A context that lets only one thread compile for these shapes; JAX would compile twice."""
    key = (settings.shape, memory.drops())
    if key in _compiled:
        yield
        return
    with _compiling:
        yield
        _compiled.add(key)


@lru_cache(64)
def target_scale(settings: Settings) -> "Scale":
    """Returns the scale that converts a training target back to its own unit."""
    from mlp_core.data import dataset

    return dataset.target_scale(settings)


@lru_cache(64)
def wall(settings: Settings) -> "Wall":
    """Returns the lowest loss of a function of the direction of x."""
    from mlp_core.analysis import wall

    return wall.wall(settings)


def _forget_targets(task: str) -> None:
    for kept in (baselines, target_scale, wall):
        kept.cache_clear()


when_closed(_forget_targets)


def predict(choice: Choice, run: "Run", x: np.ndarray) -> np.ndarray:
    """Returns the predictions of a run for examples `[N, D]`: `[N]`, in the unit of the target."""
    import mlp_core

    scale = target_scale(choice.settings)
    predicted = np.asarray(mlp_core.predict(run.params, x, choice.fixes))
    return predicted[:, 0] * scale.unit + scale.mean


def predictions(choice: Choice, run: "Run") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns validation examples `[N, D]`, their targets `[N]`, and the predictions `[N]`.

    Targets and predictions are in the unit of the target.
    """
    import mlp_core

    data, scale = mlp_core.dataset(choice.settings), target_scale(choice.settings)
    true = data.y_val[:, 0] * scale.unit + scale.mean
    return data.x_val, true, predict(choice, run, data.x_val)
