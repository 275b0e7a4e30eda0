"""The compiled engine: one executable for every combination of the numeric switches and every seed.

Static are the shapes and what is recorded. Whatever a switch or a setting changes is traced.
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

# A loop can be one kernel (mlp_core.engine.setup) only if none of its products is made a call
# into a library, as XLA would by default. And its vectors are half as wide as many cores can take.
# Accelerators ignore both options.
_ONE_KERNEL = {
    "xla_cpu_experimental_ynn_fusion_type": "",
    "xla_cpu_prefer_vector_width": 512,
}


def jitted(function: Callable[..., Any], static: tuple[str, ...]) -> dict[bool, Callable[..., Any]]:
    """Returns a function compiled in two ways, by whether the network is small (`model.is_small`).

    A small one's loop is one kernel. The products of larger layers stay calls into a library, which
    is many times faster for them.

    Args:
      static: the names of its static arguments.
    """
    return {
        small: jax.jit(function, static_argnames=static, compiler_options=options)
        for small, options in ((True, _ONE_KERNEL), (False, None))
    }


class Plan(NamedTuple):
    """What one combination of fixes and settings makes of a run; all traced."""

    norm: Norm
    hyper: Hyper
    learning_rates: np.ndarray | jax.Array  # [T]
    rows_seen: np.ndarray | jax.Array  # [T]
    updates: np.ndarray | jax.Array  # [R], after how many updates the run is recorded


class Update(NamedTuple):
    """One update, as an `Observe` sees it."""

    before: jax.Array  # raveled parameters
    after: jax.Array
    gradient: jax.Array
    loss: jax.Array  # []
    x: jax.Array  # [D, B]
    rows: jax.Array  # [], so many of the batch count


class Observe(NamedTuple):
    """What is recorded of a run. The functions are compiled into it."""

    update: Callable[[Update, Norm, Unravel], Any]
    """Returns what to keep of an update, a pytree."""
    record: Callable[[jax.Array, Examples, Norm, Unravel], Any]
    """Returns what to keep of raveled parameters after one of `Plan.updates`, a pytree."""
    blank: Callable[[Shape, int], tuple[Any, Any]]
    """Returns one of each with any numbers in it, for a shape and the number of parameters."""


class Losses(NamedTuple):
    """Everything that `LOSSES` records."""

    batch_loss: np.ndarray  # [T]
    train_loss: np.ndarray  # [R]
    val_loss: np.ndarray  # [R]


def train_and_val_loss(
    flat: jax.Array, examples: Examples, norm: Norm, unravel: Unravel
) -> tuple[jax.Array, jax.Array]:
    """Returns the losses over all training and all validation rows."""
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
"""What a plain run records."""


class State(NamedTuple):
    """A run as far as it is, with room for all that will be recorded."""

    params: jax.Array  # raveled
    opt_state: optax.OptState
    updates: Any  # leaves [T, ...], see `Observe.update`
    records: Any  # leaves [R, ...], see `Observe.record`


class Stretch(NamedTuple):
    """What one call trains: the updates `done` to `stop`, the records `first` to `last`."""

    done: int
    stop: int
    first: int
    last: int


def plan(settings: Settings, fixes: Fixes, updates: np.ndarray) -> Plan:
    """Returns the traced side of a run, recorded after each of `updates` updates."""
    return Plan(
        model.norm_of(fixes),
        hyper_of(settings, fixes),
        learning_rates(settings),
        batches.rows_seen(settings, fixes),
        np.asarray(updates, np.int32),
    )


def start(flat: jax.Array, shape: Shape, records: int, observe: Observe = LOSSES) -> State:
    """Returns the state before the first update of raveled parameters, its records still NaN."""
    return _blank(flat.size, shape, records, observe)._replace(params=flat)


@lru_cache(maxsize=64)
def _blank(size: int, shape: Shape, records: int, observe: Observe) -> State:
    def room(rows: int, one: Any) -> Any:
        return jax.tree.map(
            lambda leaf: jnp.full((rows, *np.shape(leaf)), jnp.nan, jnp.float32), one
        )

    # Numbers of a definite type, as an update leaves them: else a second call would compile anew.
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
    """Returns the state after a stretch of updates, its records filled in on the way.

    A batch beyond the last one is the last one again: JAX reads no further.
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
    """One run on the compiled engine, advanced as far as its caller wants.

    Args:
      updates: `[R]`, after how many updates to record, in order.
    """

    def __init__(
        self, settings: Settings, fixes: Fixes, updates: np.ndarray, observe: Observe = LOSSES
    ):
        _, flat, self._unravel = starts.initial(settings, fixes)
        self._advance = _advance[model.is_small(settings)]
        self._settings, self._observe = settings, observe
        self._fed: Examples | None = None
        self.updates = updates
        self._stops = np.union1d(updates, settings.steps)  # records may end before the run
        self._plan = plan(settings, fixes, self._stops)
        self._state = start(flat, settings.shape, len(self._stops), observe)
        self.done = 0

    def feed(self, examples: Examples, rows_seen: np.ndarray) -> None:
        """Lets it train on other batches than the settings' own, before its first update.

        Args:
          examples: the last batch is repeated where they have fewer batches than the run has steps.
          rows_seen: `[T]`, how many rows of each batch count.
        """
        self._fed = examples
        self._plan = self._plan._replace(rows_seen=rows_seen)

    def advance(self, stop: int) -> None:
        """Trains until `stop` updates are done, and waits for them."""
        self._state = jax.block_until_ready(self._advance(*self.arguments(stop)))
        self.done = stop

    def arguments(self, stop: int) -> tuple[State, Examples, Plan, Stretch, Unravel, Observe]:
        """Returns what `advance` is to be called with to train until `stop` updates are done."""
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
        """What was recorded so far of updates and after them, NaN where nothing was yet."""
        records = jax.tree.map(lambda leaf: leaf[: len(self.updates)], self._state.records)
        return jax.tree.map(np.asarray, (self._state.updates, records))

    @property
    def losses(self) -> Losses:
        """What was recorded so far by `LOSSES`, NaN where nothing was yet."""
        batch_loss, (train_loss, val_loss) = self.seen
        return Losses(batch_loss, train_loss, val_loss)
