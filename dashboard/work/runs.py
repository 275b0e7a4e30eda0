"""The training runs that pages show: computed once, shared by all sessions, bounded."""

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
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
"""From this estimate on, runs that only serve comparison are trained when the reader asks."""

_KEPT_RUNS = 200
_compiled: set[object] = set()  # the shapes of trainings that are
_compiling = threading.Lock()
_THREADS = 2  # the smallest machine it runs on has two cores


@st.cache_resource(show_spinner=False, on_release=Workers.close)
def _workers() -> Workers:
    return Workers(_THREADS, _KEPT_RUNS)


def job(choice: Choice) -> "Job[Run]":
    """Returns the training of a choice on the compiled engine, begun if nobody has yet.

    `jit_step` is left to the timing: the losses are the same with and without it.
    """
    fast = choice.compiled
    return _workers().start(fast, lambda: _chunks(fast))


def others(choice: Choice) -> int:
    """Returns how many trainings take turns with one."""
    return _workers().others(job(choice))


@st.cache_resource(show_spinner=False)
def warm_up(_choice: Choice) -> None:
    """Begins the first training of this process, whatever the page, unless it is a long one."""
    if estimated_seconds(_choice.settings) < LONG_SECONDS:
        job(_choice)


@st.cache_data(max_entries=256, show_spinner=False)
def stored_curves(choice: Choice) -> "Curves | None":
    """Returns the curves of a run that ship; they do for the post's settings. Needs no JAX."""
    from mlp_core.analysis.curves import post_curves

    try:
        return post_curves(choice.fixes) if choice.settings == Settings() else None
    except ValueError:  # they only shorten the wait
        return None


def is_cold() -> bool:
    """Returns whether nothing is compiled yet, so that the first run is seconds away."""
    return not _compiled


def known(choice: Choice) -> "Run | None":
    """Returns the run of a choice if it has been trained to its end."""
    found = _workers().find(choice.compiled)
    return found.latest if found and found.succeeded else None


def has_begun(choice: Choice) -> bool:
    """Returns whether anybody has asked for the training of a choice."""
    return _workers().find(choice.compiled) is not None


def begin(choice: Choice) -> None:
    """Trains on where this session had stopped; begins anew what has failed."""
    fast = choice.compiled
    _workers().begin(fast, lambda: _chunks(fast))


def stop(choice: Choice) -> None:
    """Ends this session's wish for the training of a choice, if it is under way."""
    found = _workers().find(choice.compiled)
    if found is not None and found.running:
        found.stop()


def patience() -> float:
    """Returns for how many seconds a page waits for a run before it shows it growing instead.

    Longer where there are many readers: to wait costs nothing, to ask again and again does.
    """
    return min(PATIENCE_SECONDS * pace.crowd().share, LONGEST_PATIENCE_SECONDS)


def wait(choices: Sequence[Choice], seconds: float) -> bool:
    """Trains the choices, and returns True if all are ready before the time is over."""
    deadline = time.monotonic() + seconds
    jobs = [job(choice) for choice in choices]
    ended = [pace.wait(each, max(0.0, deadline - time.monotonic())) for each in jobs]
    return all(ended)


def stages(settings: Settings) -> dict[str, Choice]:
    """Returns the post's stages under these settings, by name."""
    return {name: Choice(fixes, settings) for name, fixes in STAGES.items()}


@st.cache_data(max_entries=64, show_spinner=False)
def baselines(settings: Settings) -> "Baselines":
    """Returns what predicting the mean and least squares reach."""
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
    """Lets a second thread wait while the first one compiles for these sizes: JAX would twice."""
    key = (settings.shape, memory.drops())
    if key in _compiled:
        yield
        return
    with _compiling:
        yield
        _compiled.add(key)


@st.cache_data(max_entries=64, show_spinner=False)
def target_scale(settings: Settings) -> "Scale":
    """Returns what turns a target of the training back into its own units."""
    from mlp_core.data import dataset

    return dataset.target_scale(settings)


@st.cache_data(max_entries=64, show_spinner=False)
def wall(settings: Settings) -> "Wall":
    """Returns how well a rule can do that sees only the direction of x."""
    from mlp_core.analysis import wall

    return wall.wall(settings)


def _forget_targets(task: str) -> None:
    for kept in (baselines, target_scale, wall):
        kept.clear()


when_closed(_forget_targets)


def predict(choice: Choice, run: "Run", x: np.ndarray) -> np.ndarray:
    """Returns what the run predicts for `[N, D]` examples, `[N]` in the target's own units."""
    import mlp_core

    scale = target_scale(choice.settings)
    predicted = np.asarray(mlp_core.predict(run.params, x, choice.fixes))
    return predicted[:, 0] * scale.unit + scale.mean


def predictions(choice: Choice, run: "Run") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns validation examples `[N, D]`, and their targets and the run's predictions `[N]`.

    The latter two in the target's own units.
    """
    import mlp_core

    data, scale = mlp_core.dataset(choice.settings), target_scale(choice.settings)
    true = data.y_val[:, 0] * scale.unit + scale.mean
    return data.x_val, true, predict(choice, run, data.x_val)
