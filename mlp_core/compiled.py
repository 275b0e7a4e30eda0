"""The compiled engine: one executable for every combination of the numeric switches and every seed.

Static are the shapes and nothing else. Whatever a switch or a setting changes is a traced number.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree

from mlp_core import batches, model
from mlp_core.data import dataset, seed_keys
from mlp_core.fixes import Fixes
from mlp_core.model import Norm, Params
from mlp_core.optimizer import Hyper, hyper_of, init_optimizer, learning_rates, updated
from mlp_core.settings import Settings


class Examples(NamedTuple):
    """One seed's examples and batches on the device, shared by all combinations of fixes."""

    x_train: jax.Array  # [N, D]
    y_train: jax.Array  # [N]
    x_val: jax.Array  # [N, D]
    y_val: jax.Array  # [N]
    rows: jax.Array  # [T, B]


class Plan(NamedTuple):
    """What one combination of fixes and settings makes of a run; all traced."""

    norm: Norm
    hyper: Hyper  # with the learning rate of each step, [T]
    rows_seen: jax.Array | np.ndarray  # [T]
    updates: jax.Array | np.ndarray  # [R], after how many updates losses are recorded


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


@lru_cache(maxsize=8)
def _examples(
    task: str, seed: int, examples: int, val_share: float, steps: int, batch_size: int
) -> Examples:
    settings = Settings(
        task=task,
        seed=seed,
        examples=examples,
        val_share=val_share,
        steps=steps,
        batch_size=batch_size,
    )
    data = dataset(settings)
    orders = batches.epoch_orders(seed_keys(seed).batches, settings)
    rows = batches.batch_rows(orders, settings)
    return jax.device_put(
        Examples(data.x_train, data.y_train[:, 0], data.x_val, data.y_val[:, 0], rows)
    )


def examples(settings: Settings) -> Examples:
    """Returns the seed's examples and batches; drawn once, then kept for a few seeds."""
    return _examples(
        settings.task,
        settings.seed,
        settings.examples,
        settings.val_share,
        settings.steps,
        settings.batch_size,
    )


def plan(settings: Settings, fixes: Fixes, updates: np.ndarray) -> Plan:
    """Returns the traced side of a run, recorded after each of `updates` updates."""
    return Plan(
        model.norm_of(fixes),
        hyper_of(settings, fixes, learning_rates(settings)),
        batches.rows_seen(settings, fixes),
        np.asarray(updates, np.int32),
    )


def start(params: Params, steps: int, records: int) -> State:
    """Returns the state before the first update, its records still NaN."""
    flat, _ = ravel_pytree(params)
    return State(
        flat,
        init_optimizer(flat),
        np.full(steps, np.nan, np.float32),
        np.full(records, np.nan, np.float32),
        np.full(records, np.nan, np.float32),
    )


def loss_and_gradient(params, x: jax.Array, y: jax.Array, rows: jax.Array, norm: Norm, unravel):
    """Returns the mean squared error of a batch's first `rows` rows, and its gradient.

    Of no rows the loss is NaN, the mean of nothing, and the gradient exactly 0.

    Args:
      x: `[D, B]`.
      y: `[B]`.
      unravel: turns `params` into a `Params`.
    """
    weights = (jnp.arange(y.size) < rows) / jnp.maximum(rows, 1)

    def loss(params):
        return jnp.sum(weights * (model.outputs(unravel(params), x, norm) - y) ** 2)

    value, gradient = jax.value_and_grad(loss)(params)
    gradient = jax.tree.map(lambda slope: jnp.where(rows > 0, slope, 0.0), gradient)
    return jnp.where(rows > 0, value, jnp.nan), gradient


class Stretch(NamedTuple):
    """The part of a run that one call trains: updates `done` to `stop`, records `first` to `last`."""

    done: int
    stop: int
    first: int
    last: int


@partial(jax.jit, static_argnames="unravel")
def _advance(
    state: State, examples: Examples, plan: Plan, stretch: Stretch, unravel: Callable
) -> State:
    """Returns the state after a stretch of updates, its records filled in on the way."""
    x_train, x_val = examples.x_train.T, examples.x_val.T

    def mean_loss(params, x, y):
        return jnp.mean((model.outputs(unravel(params), x, plan.norm) - y) ** 2)

    def update(t, state):
        rows = examples.rows[t]
        x = examples.x_train.at[rows].get(mode="promise_in_bounds").T
        y = examples.y_train.at[rows].get(mode="promise_in_bounds")
        loss, gradient = loss_and_gradient(
            state.params, x, y, plan.rows_seen[t], plan.norm, unravel
        )
        hyper = plan.hyper._replace(learning_rate=plan.hyper.learning_rate[t])
        params, opt_state = updated(state.params, state.opt_state, gradient, hyper)
        return state._replace(
            params=params, opt_state=opt_state, batch_loss=state.batch_loss.at[t].set(loss)
        )

    def record(r, state):
        train_loss = mean_loss(state.params, x_train, examples.y_train)
        val_loss = mean_loss(state.params, x_val, examples.y_val)
        return state._replace(
            train_loss=state.train_loss.at[r].set(train_loss),
            val_loss=state.val_loss.at[r].set(val_loss),
        )

    def reach(r, state):
        before = jnp.where(r > 0, plan.updates[r - 1], 0)
        begin = jnp.maximum(before, stretch.done)
        end = jnp.minimum(plan.updates[r], stretch.stop)
        state = jax.lax.fori_loop(begin, end, update, state)
        return jax.lax.cond(end == plan.updates[r], partial(record, r), lambda same: same, state)

    return jax.lax.fori_loop(stretch.first, stretch.last, reach, state)


def initial_params(settings: Settings, fixes: Fixes) -> Params:
    """Returns the parameters the seed's run starts from."""
    return model.init(seed_keys(settings.seed).params, settings, fixes)


class CompiledLoop:
    """One run on the compiled engine, advanced as far as its caller wants."""

    def __init__(self, settings: Settings, fixes: Fixes, updates: np.ndarray):
        params = initial_params(settings, fixes)
        _, self._unravel = ravel_pytree(params)
        self._examples = examples(settings)
        self._plan = plan(settings, fixes, updates)
        self._state = start(params, settings.steps, len(updates))
        self.updates = updates
        self.done = 0

    def advance(self, stop: int) -> None:
        """Trains until `stop` updates are done."""
        first = np.searchsorted(self.updates, self.done, "right") if self.done else 0
        last = np.searchsorted(self.updates, stop, "right")
        unfinished = last < len(self.updates)
        stretch = Stretch(self.done, stop, int(first), int(last + unfinished))
        self._state = _advance(self._state, self._examples, self._plan, stretch, self._unravel)
        self.done = stop

    @property
    def params(self) -> Params:
        """The parameters after the updates done so far."""
        return self._unravel(self._state.params)

    @property
    def losses(self) -> Losses:
        """What was recorded so far, NaN where nothing was yet."""
        return Losses(*map(np.asarray, self._state[2:]))


@jax.jit
def _step(params, opt_state, x, y, norm: Norm, hyper: Hyper):
    loss, gradient = loss_and_gradient(params, x.T, y[:, 0], y.size, norm, lambda same: same)
    count = optax.tree_utils.tree_get(opt_state, "count")
    hyper = hyper._replace(learning_rate=hyper.learning_rate[count])
    return *updated(params, opt_state, gradient, hyper), loss


def step(params: Params, opt_state, x, y, settings: Settings, fixes: Fixes):
    """Returns the parameters, the optimiser's state and the batch's loss after one compiled update.

    Args:
      opt_state: `init_optimizer(params)` at first.
      x: `[B, D]`; B may be 0: then the loss is NaN and the gradient exactly 0.
      y: `[B, 1]`.
    """
    hyper = hyper_of(settings, fixes, learning_rates(settings))
    return _step(params, opt_state, x, y, model.norm_of(fixes), hyper)
