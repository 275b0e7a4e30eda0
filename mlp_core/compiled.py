"""The compiled engine: one executable for every combination of the numeric switches and every seed.

Static are the shapes and nothing else. Whatever a switch or a setting changes is a traced number.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import product
from typing import Any, NamedTuple

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

Unravel = Callable[[Any], Params]
"""Turns raveled parameters into a `Params`."""


class Examples(NamedTuple):
    """One seed's examples and batches on the device, shared by all combinations of fixes.

    The batches are laid out before the run: picking their rows one by one would slow each step.
    """

    x_train: jax.Array  # [N, D]
    y_train: jax.Array  # [N]
    x_val: jax.Array  # [N, D]
    y_val: jax.Array  # [N]
    x_batches: jax.Array  # [T, D, B]
    y_batches: jax.Array  # [T, B]


class Plan(NamedTuple):
    """What one combination of fixes and settings makes of a run; all traced."""

    norm: Norm
    hyper: Hyper
    learning_rates: jax.Array  # [T]
    rows_seen: jax.Array  # [T]
    updates: jax.Array  # [R], after how many updates losses are recorded


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


def draw_examples(settings: Settings) -> Examples:
    """Draws the seed's examples and batches."""
    data = dataset(settings)
    orders = batches.epoch_orders(seed_keys(settings.seed).batches, settings)
    rows = batches.batch_rows(orders, settings)
    y_train = data.y_train[:, 0]
    x_batches = np.ascontiguousarray(data.x_train[rows].swapaxes(1, 2))
    arrays = (data.x_train, y_train, data.x_val, data.y_val[:, 0], x_batches, y_train[rows])
    return Examples(*map(jnp.asarray, arrays))


_kept_examples = lru_cache(maxsize=2)(draw_examples)


def examples(settings: Settings) -> Examples:
    """Returns the seed's examples and batches; drawn once, then kept for a few seeds."""
    names = ("seed", "task", "examples", "noise", "val_share", "steps", "batch_size")
    return _kept_examples(Settings(**{name: getattr(settings, name) for name in names}))


def forget_examples() -> None:
    """Drops what is kept for the next run, so that no reader's table stays in memory."""
    _kept_examples.cache_clear()


def plan(settings: Settings, fixes: Fixes, updates: np.ndarray) -> Plan:
    """Returns the traced side of a run, recorded after each of `updates` updates."""
    return Plan(
        model.norm_of(fixes),
        hyper_of(settings, fixes),
        jnp.asarray(learning_rates(settings)),
        jnp.asarray(batches.rows_seen(settings, fixes)),
        jnp.asarray(updates, jnp.int32),
    )


def start(params: Params, steps: int, records: int) -> State:
    """Returns the state before the first update, its records still NaN."""
    flat, _ = ravel_pytree(params)
    return State(
        flat,
        init_optimizer(flat),
        jnp.full(steps, jnp.nan),
        jnp.full(records, jnp.nan),
        jnp.full(records, jnp.nan),
    )


def loss_and_gradient(
    params: Any,
    x: jax.Array,
    y: jax.Array,
    rows: jax.Array | int,
    norm: Norm,
    unravel: Unravel,
) -> tuple[jax.Array, Any]:
    """Returns the mean squared error of a batch's first `rows` rows, and its gradient.

    Of no rows the loss is NaN, the mean of nothing, and the gradient exactly 0.

    Args:
      x: `[D, B]`.
      y: `[B]`.
      unravel: turns `params` into a `Params`.
    """
    weights = (jnp.arange(y.size) < rows) / jnp.maximum(rows, 1)

    def loss(params: Any) -> jax.Array:
        return jnp.sum(weights * (model.outputs(unravel(params), x, norm) - y) ** 2)

    value, gradient = jax.value_and_grad(loss)(params)
    gradient = jax.tree.map(lambda slope: jnp.where(rows > 0, slope, 0.0), gradient)
    return jnp.where(rows > 0, value, jnp.nan), gradient


class Stretch(NamedTuple):
    """What one call trains: the updates `done` to `stop`, the records `first` to `last`."""

    done: int
    stop: int
    first: int
    last: int


def advance(
    state: State, examples: Examples, plan: Plan, stretch: Stretch, unravel: Unravel
) -> State:
    """Returns the state after a stretch of updates, its records filled in on the way."""
    x_train, x_val = examples.x_train.T, examples.x_val.T

    def mean_loss(params: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.mean((model.outputs(unravel(params), x, plan.norm) - y) ** 2)

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
        train_loss = mean_loss(state.params, x_train, examples.y_train)
        val_loss = mean_loss(state.params, x_val, examples.y_val)
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


_advance = jax.jit(advance, static_argnames="unravel")


@lru_cache(maxsize=64)
def _initial_params(seed: int, task: str, hidden: tuple[int, ...]) -> dict[Fixes, Params]:
    settings = Settings(seed=seed, task=task, hidden=hidden, batch_size=1)
    ways = [
        Fixes(split_keys=split, norm_init=norm) for split, norm in product([False, True], repeat=2)
    ]
    return {fixes: model.init(seed_keys(seed).params, settings, fixes) for fixes in ways}


def initial_params(settings: Settings, fixes: Fixes) -> Params:
    """Returns the parameters the seed's run starts from.

    All four ways to draw them are drawn at a seed's first use: no switch waits for it later.
    """
    drawn = _initial_params(settings.seed, settings.task, settings.hidden)
    return drawn[Fixes(split_keys=fixes.split_keys, norm_init=fixes.norm_init)]


class CompiledLoop:
    """One run on the compiled engine, advanced as far as its caller wants."""

    def __init__(self, settings: Settings, fixes: Fixes, updates: np.ndarray):
        params = initial_params(settings, fixes)
        _, self._unravel = ravel_pytree(params)
        self._examples = examples(settings)
        self.updates = updates
        self._stops = np.union1d(updates, settings.steps)  # records may end before the run
        self._plan = plan(settings, fixes, self._stops)
        self._state = start(params, settings.steps, len(self._stops))
        self.done = 0

    def advance(self, stop: int) -> None:
        """Trains until `stop` updates are done."""
        first = np.searchsorted(self._stops, self.done, "right") if self.done else 0
        last = np.searchsorted(self._stops, stop, "right")
        unfinished = last < len(self._stops)
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
        state, records = self._state, len(self.updates)
        train_loss, val_loss = state.train_loss[:records], state.val_loss[:records]
        return Losses(*map(np.asarray, (state.batch_loss, train_loss, val_loss)))


@jax.jit
def _step(
    params: Params,
    opt_state: optax.OptState,
    x: jax.Array,
    y: jax.Array,
    norm: Norm,
    hyper: Hyper,
    learning_rates: jax.Array,
) -> tuple[Params, optax.OptState, jax.Array]:
    loss, gradient = loss_and_gradient(params, x.T, y[:, 0], y.size, norm, lambda same: same)
    count = optax.tree_utils.tree_get(opt_state, "count")
    return *updated(params, opt_state, gradient, learning_rates[count], hyper), loss


def step(
    params: Params,
    opt_state: optax.OptState,
    x: jax.Array,
    y: jax.Array,
    settings: Settings,
    fixes: Fixes,
) -> tuple[Params, optax.OptState, jax.Array]:
    """Returns the parameters, the optimiser's state and the batch's loss after a compiled update.

    Args:
      opt_state: `init_optimizer(params)` at first.
      x: `[B, D]`; B may be 0: then the loss is NaN and the gradient exactly 0.
      y: `[B, 1]`.
    """
    hyper, norm = hyper_of(settings, fixes), model.norm_of(fixes)
    return _step(params, opt_state, x, y, norm, hyper, learning_rates(settings))
