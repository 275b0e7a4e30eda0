"""The compiled engine: one executable for every combination of the numeric switches and every seed.

Only the shapes, the step count, and the choice of records are static. Every other value that a
switch or a setting changes is traced.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from mlp_core.engine import batches, model, starts
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.starts import Examples
from mlp_core.engine.update import (
    Hyper,
    Unravel,
    hyper_of,
    init_optimizer,
    learning_rates,
    loss_and_gradient,
    updated,
)
from mlp_core.settings import Settings, Shape
from mlp_core.switches import Fixes

# By default, XLA turns matrix products into library calls, which would keep the loop from becoming
# one kernel (mlp_core.engine.setup), and uses vectors half as wide as many cores support.
# Accelerators ignore both options.
_ONE_KERNEL = {
    "xla_cpu_experimental_ynn_fusion_type": "",
    "xla_cpu_prefer_vector_width": 512,
}


def jitted(function: Callable[..., Any], static: tuple[str, ...]) -> dict[bool, Callable[..., Any]]:
    """Returns two jitted versions of a function, keyed by whether the network is small.

    For a small network (`model.is_small`), the loop is one kernel. For larger layers, matrix
    products remain library calls, which are many times faster at that size.

    Args:
      static: the names of the static arguments.
    """
    return {
        small: jax.jit(function, static_argnames=static, compiler_options=options)
        for small, options in ((True, _ONE_KERNEL), (False, None))
    }


class Plan(NamedTuple):
    """The traced values of a run that depend on its fixes and settings."""

    norm: Norm
    hyper: Hyper
    learning_rates: np.ndarray | jax.Array  # [T]
    rows_seen: np.ndarray | jax.Array  # [T]
    updates: np.ndarray | jax.Array  # [R], the numbers of updates after which to record


class Update(NamedTuple):
    """One update, passed to `Observe.update`."""

    before: jax.Array  # raveled parameters
    after: jax.Array
    gradient: jax.Array
    loss: jax.Array  # []
    x: jax.Array  # [D, B]
    rows: jax.Array  # [], the number of valid rows, which come first in x


class Observe(NamedTuple):
    """The functions that compute the records of a run. They are compiled into the run."""

    update: Callable[[Update, Norm, Unravel], Any]
    """Returns the record of one update, a pytree."""
    record: Callable[[jax.Array, Examples, Norm, Unravel], Any]
    """Returns the record of the raveled parameters after one of `Plan.updates`, a pytree."""
    blank: Callable[[Shape, int], tuple[Any, Any]]
    """Returns one record of each kind with arbitrary values, to preallocate from.

    Its arguments are the shape and the number of parameters.
    """


class Losses(NamedTuple):
    """The losses that `LOSSES` records."""

    batch_loss: np.ndarray  # [T]
    train_loss: np.ndarray  # [R]
    val_loss: np.ndarray  # [R]


def train_and_val_loss(
    flat: jax.Array, examples: Examples, norm: Norm, unravel: Unravel
) -> tuple[jax.Array, jax.Array]:
    """Returns the mean losses over all training rows and over all validation rows, `[]` each."""
    params = unravel(flat)
    return (
        model.mean_loss(params, examples.x_train, examples.y_train, norm),
        model.mean_loss(params, examples.x_val, examples.y_val, norm),
    )


LOSSES = Observe(
    update=lambda update, norm, unravel: update.loss,
    record=train_and_val_loss,
    blank=lambda shape, num_params: (0.0, (0.0, 0.0)),
)
"""The default records: the minibatch loss of every update, and the train and validation losses."""


class State(NamedTuple):
    """The training state of a run, with preallocated records."""

    params: jax.Array  # raveled
    opt_state: optax.OptState
    updates: Any  # leaves [T, ...], see `Observe.update`
    records: Any  # leaves [R, ...], see `Observe.record`


class Stretch(NamedTuple):
    """The range of one call to `advance`: updates `done` to `stop`, records `first` to `last`."""

    done: int
    stop: int
    first: int
    last: int


def plan(settings: Settings, fixes: Fixes, updates: np.ndarray) -> Plan:
    """Returns the traced values of a run that is recorded after each of these `updates`."""
    return Plan(
        model.norm_of(fixes),
        hyper_of(settings, fixes),
        learning_rates(settings),
        batches.rows_seen(settings, fixes),
        np.asarray(updates, np.int32),
    )


def start(flat: jax.Array, shape: Shape, records: int, observe: Observe = LOSSES) -> State:
    """Returns the initial state for raveled parameters; all records are NaN."""
    return _blank(flat.size, shape, records, observe)._replace(params=flat)


@lru_cache(maxsize=64)
def _blank(size: int, shape: Shape, records: int, observe: Observe) -> State:
    def room(rows: int, one: Any) -> Any:
        return jax.tree.map(
            lambda leaf: jnp.full((rows, *np.shape(leaf)), jnp.nan, jnp.float32), one
        )

    # Strongly typed, like the output of an update; weak types would compile `advance` twice.
    params = jnp.full(size, jnp.nan, jnp.float32)
    update, record = observe.blank(shape, size)
    return State(params, init_optimizer(params), room(shape.steps, update), room(records, record))


def advance(
    state: State,
    examples: Examples,
    plan: Plan,
    stretch: Stretch,
    unravel: Unravel,
    observe: Observe = LOSSES,
) -> State:
    """Returns the state after the updates of a stretch, with their records filled in.

    If there are fewer minibatches than steps, the last minibatch is repeated, because JAX clamps
    indices that are out of bounds.
    """

    def put(many: Any, one: Any, place: jax.Array) -> Any:
        return jax.tree.map(lambda leaves, leaf: leaves.at[place].set(leaf), many, one)

    def update(t: jax.Array, state: State) -> State:
        x, y, rows = examples.x_batches[t], examples.y_batches[t], plan.rows_seen[t]
        loss, gradient = loss_and_gradient(state.params, x, y, rows, plan.norm, unravel)
        params, opt_state = updated(
            state.params, state.opt_state, gradient, plan.learning_rates[t], plan.hyper
        )
        one = Update(state.params, params, gradient, loss, x, rows)
        seen = observe.update(one, plan.norm, unravel)
        return State(params, opt_state, put(state.updates, seen, t), state.records)

    def record(r: jax.Array, state: State) -> State:
        seen = observe.record(state.params, examples, plan.norm, unravel)
        return state._replace(records=put(state.records, seen, r))

    def reach(r: jax.Array, state: State) -> State:
        before = jnp.where(r > 0, plan.updates[r - 1], 0)
        begin = jnp.maximum(before, stretch.done)
        end = jnp.minimum(plan.updates[r], stretch.stop)
        state = jax.lax.fori_loop(begin, end, update, state)
        return jax.lax.cond(end == plan.updates[r], partial(record, r), lambda same: same, state)

    return jax.lax.fori_loop(stretch.first, stretch.last, reach, state)


_advance = jitted(advance, static=("unravel", "observe"))


@partial(jax.jit, static_argnames="unravel")
def _unraveled(flat: jax.Array, unravel: Unravel) -> Params:
    return unravel(flat)


class CompiledLoop:
    """One run on the compiled engine, which the caller advances in stretches.

    Args:
      updates: `[R]`, the numbers of updates after which to record, ascending.
      observe: the functions that compute the records.
    """

    def __init__(
        self, settings: Settings, fixes: Fixes, updates: np.ndarray, observe: Observe = LOSSES
    ):
        _, flat, self._unravel = starts.initial(settings, fixes)
        self._advance = _advance[model.is_small(settings)]
        self._settings, self._observe = settings, observe
        self._fed: Examples | None = None
        self.updates = updates
        self._stops = np.union1d(updates, settings.steps)  # the run may go on after the last record
        self._plan = plan(settings, fixes, self._stops)
        self._state = start(flat, settings.shape, len(self._stops), observe)
        self.done = 0

    def feed(self, examples: Examples, rows_seen: np.ndarray) -> None:
        """Replaces the examples and minibatches of the settings; call it before the first update.

        Args:
          examples: if they have fewer minibatches than the run has steps, the last one is repeated.
          rows_seen: `[T]`, the number of valid rows in each minibatch.
        """
        self._fed = examples
        self._plan = self._plan._replace(rows_seen=rows_seen)

    def advance(self, stop: int) -> None:
        """Trains until `stop` updates are done, and blocks until they have finished."""
        self._state = jax.block_until_ready(self._advance(*self.arguments(stop)))
        self.done = stop

    def arguments(self, stop: int) -> tuple[State, Examples, Plan, Stretch, Unravel, Observe]:
        """Returns the arguments of `compiled.advance` that train until `stop` updates are done."""
        first = np.searchsorted(self._stops, self.done, "right") if self.done else 0
        last = np.searchsorted(self._stops, stop, "right")
        unfinished = last < len(self._stops)
        stretch = Stretch(self.done, stop, int(first), int(last + unfinished))
        examples = self._fed or starts.examples(self._settings)
        return self._state, examples, self._plan, stretch, self._unravel, self._observe

    @property
    def params(self) -> Params:
        """The parameters after the updates done so far."""
        return _unraveled(self._state.params, self._unravel)

    @property
    def seen(self) -> tuple[Any, Any]:
        """The update records and the parameter records so far; NaN where none is made yet."""
        records = jax.tree.map(lambda leaf: leaf[: len(self.updates)], self._state.records)
        return jax.tree.map(np.asarray, (self._state.updates, records))

    @property
    def losses(self) -> Losses:
        """The losses so far, NaN where none is recorded yet. Requires `observe=LOSSES`."""
        batch_loss, (train_loss, val_loss) = self.seen
        return Losses(batch_loss, train_loss, val_loss)
