"""Snapshots of a run to play it: parameters, gradients, and what the units do, update by update.

The run is the plain one: its compiled loop is stopped at each snapshot. A second program that
records while it trains would have to be compiled first, which takes longer than all snapshots.
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
"""So many updates at the start have a snapshot each: two epochs of the post's run."""

SPREAD = 50
"""So many snapshots are spread over the later updates."""

EXAMPLES = 8
"""So many validation rows are kept for a closer look."""


@dataclass(frozen=True)
class Snapshots:
    """A run at R of its updates. U units in all hidden layers, first layer first; P parameters.

    Everything after `updates[r]` updates, except `batch_loss` and `gradients`: they belong to the
    update that was made last, so they were measured before it. There is none before the first.
    """

    settings: Settings
    fixes: Fixes
    updates: np.ndarray
    """`[R]`, from 0 to the end."""
    val_loss: np.ndarray
    """`[R]`"""
    batch_loss: np.ndarray
    """`[R]`, NaN where the minibatch was empty."""
    params: np.ndarray
    """`[R, P]`, raveled as `engine.starts.Initial.unravel` reads them."""
    gradients: np.ndarray
    """`[R, P]`, exactly 0 where the minibatch was empty, and before the first update."""
    activity: np.ndarray
    """`[R, U]`, the mean of each unit over all validation rows; no unit is negative."""
    zeros: np.ndarray
    """`[R, U]`, the share of the validation rows for which a unit is 0; a dead unit has 1."""
    x: np.ndarray
    """`[n, D]`, the first validation rows."""
    y: np.ndarray
    """`[n]`, their targets."""
    units: np.ndarray
    """`[R, n, U]`, what the units are for these rows."""
    predicted: np.ndarray
    """`[R, n]`"""

    @property
    def rows(self) -> np.ndarray:
        """Returns the rows of each update's minibatch, `[T]`."""
        return batches.rows_seen(self.settings, self.fixes)


class Progress(NamedTuple):
    """How far the snapshots are."""

    share: float
    """Of all snapshots, 0 to 1."""
    snapshots: Snapshots | None
    """None until all are there."""


class _Look(NamedTuple):
    """One snapshot, named as the fields of `Snapshots`."""

    val_loss: Any
    batch_loss: Any
    params: Any
    gradients: Any
    activity: Any
    zeros: Any
    units: Any
    predicted: Any


def snapshot_updates(steps: int) -> np.ndarray:
    """Returns after which updates there is a snapshot: one by one at first, then evenly spread."""
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
    """Yields how far the snapshots are, again and again; the last one has them all.

    A caller that stops asking stops the training.

    Args:
      chunk_seconds: about how long to work between two yields.
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
    """Yields each snapshot once the plain run has reached it."""
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
        rows = rows_seen[last] if update else 0
        yield jax.tree.map(np.asarray, look(before, after, examples, last, rows, norm))


def _reach(loop: CompiledLoop, update: int) -> None:
    if loop.done < update:
        loop.advance(update)


def _look_at(
    before: Params, after: Params, examples: Examples, t: jax.Array, rows: jax.Array, norm: Norm
) -> _Look:
    """Returns what there is to see of update t, on so many rows, which led from `before`."""
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
