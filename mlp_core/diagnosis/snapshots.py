"""Snapshots of a run for playback: parameters, gradients, and the outputs of the units.

The snapshots come from the plain training run, whose compiled loop is stopped at each of them. A
second program that records while it trains would have to be compiled first, which takes longer than
taking all snapshots.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from mlp_core.data.dataset import dataset
from mlp_core.engine import batches, model, starts
from mlp_core.engine.compiled import CompiledLoop, jitted
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.starts import Examples
from mlp_core.engine.training import recorded_updates
from mlp_core.engine.update import loss_and_gradient
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes

FIRST = 64
"""Number of updates at the start that have a snapshot each: two epochs of the post's run."""

SPREAD = 50
"""Number of snapshots that are spread over the later updates."""

EXAMPLES = 8
"""Number of validation rows whose units and predictions are kept."""


@dataclass(frozen=True)
class Snapshots:
    """A run at R of its updates, with P parameters and U units in all hidden layers together.

    The arrays are measured after `updates[r]` updates, except `batch_loss` and `gradients`: they
    are those of the latest update, measured before it. Before the first update, the loss is NaN and
    the gradients are 0.
    """

    settings: Settings
    fixes: Fixes
    updates: np.ndarray
    """`[R]`, the number of updates before each snapshot, from 0 to the end."""
    val_loss: np.ndarray
    """`[R]`"""
    batch_loss: np.ndarray
    """`[R]`, NaN if the minibatch was empty, and before the first update."""
    params: np.ndarray
    """`[R, P]`, raveled; `engine.starts.Initial.unravel` reverses this."""
    gradients: np.ndarray
    """`[R, P]`, exactly 0 if the minibatch was empty, and before the first update."""
    activity: np.ndarray
    """`[R, U]`, each unit's mean output over all validation rows; no output is negative. The units
    of the first layer are first."""
    zeros: np.ndarray
    """`[R, U]`, the share of the validation rows for which a unit is 0; 1 for a dead unit."""
    x: np.ndarray
    """`[n, D]`, the first validation rows."""
    y: np.ndarray
    """`[n]`, their targets."""
    units: np.ndarray
    """`[R, n, U]`, the outputs of the units for these rows."""
    predicted: np.ndarray
    """`[R, n]`, the predictions for these rows."""

    @property
    def rows(self) -> np.ndarray:
        """`[T]`, the number of rows in each update's minibatch."""
        return batches.rows_seen(self.settings, self.fixes)


class Progress(NamedTuple):
    """Progress of the snapshots, and their result at the end."""

    share: float
    """Share of all snapshots that have been taken, 0 to 1."""
    snapshots: Snapshots | None
    """None until all snapshots have been taken."""


class _Look(NamedTuple):
    """One snapshot, with the field names of `Snapshots`."""

    val_loss: Any
    batch_loss: Any
    params: Any
    gradients: Any
    activity: Any
    zeros: Any
    units: Any
    predicted: Any


def snapshot_updates(steps: int) -> np.ndarray:
    """Returns the update counts with a snapshot: all of the first ones, then evenly spaced ones."""
    first = np.arange(min(FIRST, steps) + 1)
    spread = np.linspace(first[-1], steps, SPREAD + 1)
    return np.unique([*first, *np.round(spread).astype(int)])


def snapshots(settings: Settings, fixes: Fixes) -> Snapshots:
    """Returns the snapshots of the run that `train` makes."""
    *_, last = snapshot_chunks(settings, fixes, chunk_seconds=float("inf"))
    return cast(Snapshots, last.snapshots)


@posts_numerics
def snapshot_chunks(
    settings: Settings, fixes: Fixes, chunk_seconds: float = 0.15
) -> Iterator[Progress]:
    """Yields the progress repeatedly; the last item contains all snapshots.

    The training stops when the caller stops iterating.

    Args:
      chunk_seconds: approximate time between two yields.
    """
    updates, taken = snapshot_updates(settings.steps), []
    looks, began = _looks(settings, fixes, updates), perf_counter()
    for look in looks:
        taken.append(look)
        if perf_counter() - began > chunk_seconds:
            yield Progress(len(taken) / len(updates), None)
            began = perf_counter()
    many = jax.tree.map(lambda *leaves: np.stack(leaves), *taken)
    data = dataset(settings)
    x, y = data.x_val[:EXAMPLES], data.y_val[:EXAMPLES, 0]
    yield Progress(1.0, Snapshots(settings, fixes, updates, x=x, y=y, **many._asdict()))


def _looks(settings: Settings, fixes: Fixes, updates: np.ndarray) -> Iterator[_Look]:
    """Yields each snapshot when the plain run has reached its update."""
    loop = CompiledLoop(settings, fixes, recorded_updates(settings))
    look, rows_seen = _look[model.is_small(settings)], batches.rows_seen(settings, fixes)
    norm, examples = model.norm_of(fixes), starts.examples(settings)
    for update in updates.tolist():
        before = after = loop.params
        last = max(update - 1, 0)
        if update:
            _reach(loop, last)
            before = loop.params
            _reach(loop, update)
            after = loop.params
        # A NumPy integer has another type for JAX than a Python one, and would compile again.
        rows = int(rows_seen[last]) if update else 0
        yield jax.tree.map(np.asarray, look(before, after, examples, last, rows, norm))


def _reach(loop: CompiledLoop, update: int) -> None:
    if loop.done < update:
        loop.advance(update)


def _look_at(
    before: Params, after: Params, examples: Examples, t: jax.Array, rows: jax.Array, norm: Norm
) -> _Look:
    """Returns the snapshot of update t, which led from `before` to `after` on this many rows."""
    batch = examples.x_batches[t], examples.y_batches[t]
    loss, gradient = loss_and_gradient(before, *batch, rows, norm, lambda params: params)
    x_val = examples.x_val.T
    units = jnp.concatenate(model.hidden_units(after, x_val, norm))
    predicted = model.outputs(after, x_val, norm)
    return _Look(
        val_loss=model.mean_loss(after, examples.x_val, examples.y_val, norm),
        batch_loss=loss,
        params=ravel_pytree(after)[0],
        gradients=ravel_pytree(gradient)[0],
        activity=jnp.mean(units, axis=1),
        zeros=jnp.mean(units == 0, axis=1),
        units=units[:, :EXAMPLES].T,
        predicted=predicted[:EXAMPLES],
    )


_look = jitted(_look_at, static=())
