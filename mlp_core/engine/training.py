"""A training run, returned as a whole or yielded repeatedly while it trains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mlp_core.engine import batches, stretches
from mlp_core.engine.compiled import CompiledLoop
from mlp_core.engine.model import Params
from mlp_core.engine.outcome import RunOutcome, run_outcome
from mlp_core.engine.python_loop import PythonLoop
from mlp_core.engine.stretches import Work, estimated_seconds, steps_within
from mlp_core.numerics import posts_numerics
from mlp_core.settings import RECORD_EVERY, Settings
from mlp_core.switches import Fixes


@dataclass(frozen=True)
class Run:
    """A training run, complete or in progress, with R recorded losses and t finished updates.

    The losses of a run that diverges contain NaN.
    """

    settings: Settings
    fixes: Fixes
    updates: np.ndarray
    """`[R]`, the numbers of updates after which the losses were recorded."""
    train_loss: np.ndarray
    """`[R]`, over all training rows."""
    val_loss: np.ndarray
    """`[R]`, over all validation rows."""
    batch_loss: np.ndarray
    """`[t]`, the loss of each minibatch before its update; NaN where the minibatch is empty."""
    rows_seen: np.ndarray
    """`[t]`, the number of rows in each minibatch."""
    params: Params

    @property
    def steps_done(self) -> int:
        """The number of finished updates."""
        return len(self.batch_loss)

    @property
    def final_train_loss(self) -> float:
        """The last recorded train loss; NaN before the first record."""
        return float(self.train_loss[-1]) if len(self.train_loss) else float("nan")

    @property
    def final_val_loss(self) -> float:
        """The last recorded validation loss; NaN before the first record."""
        return float(self.val_loss[-1]) if len(self.val_loss) else float("nan")

    @property
    def outcome(self) -> RunOutcome:
        """Which losses are NaN or infinite, and from which update on."""
        return run_outcome(
            self.batch_loss, self.rows_seen, self.updates, self.train_loss, self.val_loss
        )


def recorded_updates(settings: Settings) -> np.ndarray:
    """Returns the numbers of updates after which losses are recorded: 0, every 20, and the last."""
    return np.unique([*range(0, settings.steps, RECORD_EVERY), settings.steps])


@posts_numerics
def train(settings: Settings, fixes: Fixes, record_at: Sequence[int] | None = None) -> Run:
    """Returns a complete run: on the compiled engine if `jit_step` is on, else in the post's loop.

    Args:
      record_at: the numbers of updates after which to record the losses; by default, 0, every 20,
        and the last.

    Raises:
      ValueError: if `record_at` is empty or not whole numbers in 0..`steps`.
    """
    loop = _loop(settings, fixes, record_at)
    loop.advance(settings.steps)
    return _run(loop, settings, fixes)


@posts_numerics
def train_chunks(
    settings: Settings,
    fixes: Fixes,
    record_at: Sequence[int] | None = None,
    chunk_seconds: float = 0.15,
) -> Iterator[Run]:
    """Yields the run in progress repeatedly while it trains; the last run is complete.

    The last run equals the result of `train`. Training advances only while the caller iterates.

    Args:
      record_at: see `train`.
      chunk_seconds: the approximate time between two yields.

    Raises:
      ValueError: see `train`.
    """
    loop = _loop(settings, fixes, record_at)
    first = steps_within(chunk_seconds, estimated_seconds(settings), settings)
    work = Work(loop.advance, settings.steps, first if fixes.jit_step else 1)
    for _ in stretches.made(work, chunk_seconds):
        yield _run(loop, settings, fixes)


def _loop(
    settings: Settings, fixes: Fixes, record_at: Sequence[int] | None
) -> CompiledLoop | PythonLoop:
    updates = recorded_updates(settings) if record_at is None else np.unique(record_at)
    whole = len(updates) > 0 and np.issubdtype(updates.dtype, np.integer)
    if not whole or updates[0] < 0 or updates[-1] > settings.steps:
        raise ValueError(f"record_at must name updates in 0..{settings.steps}, got {record_at}")
    return (CompiledLoop if fixes.jit_step else PythonLoop)(settings, fixes, updates)


def _run(loop: CompiledLoop | PythonLoop, settings: Settings, fixes: Fixes) -> Run:
    """Returns the run in progress, without the part of the records that is not filled in yet."""
    losses = loop.losses
    records = np.searchsorted(loop.updates, loop.done, "right")
    return Run(
        settings,
        fixes,
        loop.updates[:records],
        losses.train_loss[:records],
        losses.val_loss[:records],
        losses.batch_loss[: loop.done],
        batches.rows_seen(settings, fixes)[: loop.done],
        loop.params,
    )
