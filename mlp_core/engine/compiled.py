"""The compiled engine: one executable for every combination of the numeric switches and every seed.

Static are the shapes and nothing else. Whatever a switch or a setting changes is a traced number.
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
from mlp_core.engine.optimizer import Hyper, hyper_of, init_optimizer, learning_rates, updated
from mlp_core.engine.starts import Examples, Unravel
from mlp_core.engine.update import loss_and_gradient
from mlp_core.settings import Settings
from mlp_core.switches import Fixes

# A loop can be one kernel (mlp_core.engine.devices) only if none of its products is made a call
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
    updates: np.ndarray | jax.Array  # [R], after how many updates losses are recorded


class Losses(NamedTuple):
    """Everything an engine records."""

    batch_loss: np.ndarray  # [T]
    train_loss: np.ndarray  # [R]
    val_loss: np.ndarray  # [R]


class State(NamedTuple):
    """A run as far as it is, with room for all that will be recorded."""

    params: jax.Array  # raveled
    opt_state: optax.OptState
    batch_loss: jax.Array  # [T]
    train_loss: jax.Array  # [R]
    val_loss: jax.Array  # [R]


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


def start(flat: jax.Array, steps: int, records: int) -> State:
    """Returns the state before the first update of raveled parameters, its records still NaN."""
    return _blank(flat.size, steps, records)._replace(params=flat)


@lru_cache(maxsize=64)
def _blank(size: int, steps: int, records: int) -> State:
    # Numbers of a definite type, as an update leaves them: else a second call would compile anew.
    params = jnp.full(size, jnp.nan, jnp.float32)
    rooms = (jnp.full(room, jnp.nan, jnp.float32) for room in (steps, records, records))
    return State(params, init_optimizer(params), *rooms)


def advance(
    state: State, examples: Examples, plan: Plan, stretch: Stretch, unravel: Unravel
) -> State:
    """Returns the state after a stretch of updates, its records filled in on the way."""

    def update(t: jax.Array, state: State) -> State:
        x, y = examples.x_batches[t], examples.y_batches[t]
        loss, gradient = loss_and_gradient(
            state.params, x, y, plan.rows_seen[t], plan.norm, unravel
        )
        params, opt_state = updated(
            state.params, state.opt_state, gradient, plan.learning_rates[t], plan.hyper
        )
        return state._replace(
            params=params, opt_state=opt_state, batch_loss=state.batch_loss.at[t].set(loss)
        )

    def record(r: jax.Array, state: State) -> State:
        params = unravel(state.params)
        train_loss = model.mean_loss(params, examples.x_train, examples.y_train, plan.norm)
        val_loss = model.mean_loss(params, examples.x_val, examples.y_val, plan.norm)
        return state._replace(
            train_loss=state.train_loss.at[r].set(train_loss),
            val_loss=state.val_loss.at[r].set(val_loss),
        )

    def reach(r: jax.Array, state: State) -> State:
        before = jnp.where(r > 0, plan.updates[r - 1], 0)
        begin = jnp.maximum(before, stretch.done)
        end = jnp.minimum(plan.updates[r], stretch.stop)
        state = jax.lax.fori_loop(begin, end, update, state)
        return jax.lax.cond(end == plan.updates[r], partial(record, r), lambda same: same, state)

    return jax.lax.fori_loop(stretch.first, stretch.last, reach, state)


_advance = jitted(advance, static=("unravel",))


@partial(jax.jit, static_argnames="unravel")
def _unraveled(flat: jax.Array, unravel: Unravel) -> Params:
    return unravel(flat)


class CompiledLoop:
    """One run on the compiled engine, advanced as far as its caller wants."""

    def __init__(self, settings: Settings, fixes: Fixes, updates: np.ndarray):
        _, flat, self._unravel = starts.initial(settings, fixes)
        self._advance = _advance[model.is_small(settings)]
        self._settings = settings
        self._fed: Examples | None = None
        self.updates = updates
        self._stops = np.union1d(updates, settings.steps)  # records may end before the run
        self._plan = plan(settings, fixes, self._stops)
        self._state = start(flat, settings.steps, len(self._stops))
        self.done = 0

    def feed(self, examples: Examples, rows_seen: np.ndarray) -> None:
        """Lets it train on other batches than the settings' own, before its first update.

        Args:
          rows_seen: `[T]`, how many rows of each batch count.
        """
        self._fed = examples
        self._plan = self._plan._replace(rows_seen=rows_seen)

    def prepare(self) -> None:
        """Lets the examples be there: others may have pushed them out of memory."""
        if self._fed is None:
            starts.examples(self._settings)

    def advance(self, stop: int) -> None:
        """Trains until `stop` updates are done, and waits for them."""
        self._state = jax.block_until_ready(self._advance(*self.arguments(stop)))
        self.done = stop

    def arguments(self, stop: int) -> tuple[State, Examples, Plan, Stretch, Unravel]:
        """Returns what `advance` is to be called with to train until `stop` updates are done."""
        first = np.searchsorted(self._stops, self.done, "right") if self.done else 0
        last = np.searchsorted(self._stops, stop, "right")
        unfinished = last < len(self._stops)
        stretch = Stretch(self.done, stop, int(first), int(last + unfinished))
        examples = self._fed or starts.examples(self._settings)
        return self._state, examples, self._plan, stretch, self._unravel

    @property
    def params(self) -> Params:
        """The parameters after the updates done so far."""
        return _unraveled(self._state.params, self._unravel)

    @property
    def losses(self) -> Losses:
        """What was recorded so far, NaN where nothing was yet."""
        state, records = self._state, len(self.updates)
        train_loss, val_loss = state.train_loss[:records], state.val_loss[:records]
        return Losses(*map(np.asarray, (state.batch_loss, train_loss, val_loss)))
