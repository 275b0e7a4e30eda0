"""One training run that records more than its losses, compiled once for all switches.

It makes the updates of `mlp_core.engine.training.train` with the same functions; only what it
writes down is its own.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from mlp_core.diagnosis.standing import Standing, layer_norms, row_stds, standing
from mlp_core.engine import model, starts
from mlp_core.engine.compiled import Plan, jitted
from mlp_core.engine.optimizer import init_optimizer, updated
from mlp_core.engine.starts import Examples, Initial, Unravel
from mlp_core.engine.update import loss_and_gradient
from mlp_core.settings import Settings


class Update(NamedTuple):
    """One update: the state before it and the step it makes. H hidden layers, then the head."""

    batch_loss: jax.Array  # []
    smallest_std: jax.Array  # [H], over the batch's rows
    gradient_norm: jax.Array  # [H + 1]
    update_norm: jax.Array  # [H + 1]
    weight_norm: jax.Array  # [H + 1]
    alignment: jax.Array  # [], cosine of the update and minus the gradient
    movement: jax.Array  # [], the norm of the whole update


class State(NamedTuple):
    """A run as far as it is, with room for all that will be recorded; NaN where nothing was yet."""

    params: jax.Array  # raveled
    opt_state: optax.OptState
    updates: Update  # leaves [T + 1, ...], the last one beyond the run
    standing: Standing  # leaves [T + 1, ...], the last one at the end


class Recorder:
    """The run of one choice, recorded as far as its caller wants.

    Args:
      asked: `[T + 1]`, after how many updates to look where the run stands; the last one is true.
    """

    def __init__(
        self,
        settings: Settings,
        initial: Initial,
        plan: Plan,
        asked: np.ndarray,
    ):
        _, self._start, self._unravel = initial
        self._settings, self._plan, self._asked = settings, plan, asked
        self._advance = _advance[model.is_small(settings)]
        self._state = _begun(*self._given, self._unravel)

    @property
    def _given(self) -> tuple[jax.Array, Examples, Plan, np.ndarray]:
        return self._start, starts.examples(self._settings), self._plan, self._asked

    def prepare(self) -> None:
        """Lets the examples be there: others may have pushed them out of memory."""
        starts.examples(self._settings)

    def advance(self, first: int, stop: int) -> None:
        """Makes the updates `first` to `stop`, those before `first` being done."""
        state = self._advance(self._state, *self._given, first, stop, self._unravel)
        self._state = jax.block_until_ready(state)

    @property
    def recorded(self) -> tuple[jax.Array, Update, Standing]:
        """The raveled parameters at the end, and the records with NumPy arrays as leaves."""
        params, steps = self._state.params, self._settings.steps
        # The look at the end comes before an update that the run has no more. A look of its own
        # would take as long to compile as all of the loop.
        after = self._advance(self._state, *self._given, steps, steps + 1, self._unravel)
        updates, seen = jax.tree.map(np.asarray, (after.updates, after.standing))
        return params, jax.tree.map(lambda leaf: leaf[:steps], updates), seen


def _begun(
    start: jax.Array, examples: Examples, plan: Plan, asked: np.ndarray, unravel: Unravel
) -> State:
    def room(rows: int, one: Any) -> Any:
        return jax.tree.map(lambda leaf: jnp.full((rows, *leaf.shape), jnp.nan), one)

    update, seen = _one_record.eval_shape(start, examples, plan, unravel)
    rooms = room(asked.size, update), room(asked.size, seen)
    return State(start, init_optimizer(start), *rooms)


@partial(jax.jit, static_argnames=("unravel",))  # so that JAX remembers the shapes it has seen
def _one_record(
    start: jax.Array, examples: Examples, plan: Plan, unravel: Unravel
) -> tuple[Update, Standing]:
    """Returns what one update and one look record. Only the shapes are of use."""
    _, _, update = _update(start, init_optimizer(start), 0, examples, plan, unravel)
    return update, standing(start, start, examples, plan.norm, unravel)


def advance(
    state: State,
    start: jax.Array,
    examples: Examples,
    plan: Plan,
    asked: jax.Array,
    first: jax.Array,
    stop: jax.Array,
    unravel: Unravel,
) -> State:
    """Returns the state after the updates `first` to `stop`, recorded."""

    def look(t: jax.Array, state: State) -> State:
        seen = standing(state.params, start, examples, plan.norm, unravel)
        return state._replace(standing=_put(state.standing, seen, t))

    def one(t: jax.Array, state: State) -> State:
        state = jax.lax.cond(asked[t], partial(look, t), lambda same: same, state)
        params, opt_state, update = _update(
            state.params, state.opt_state, t, examples, plan, unravel
        )
        return State(params, opt_state, _put(state.updates, update, t), state.standing)

    return jax.lax.fori_loop(first, stop, one, state)


_advance = jitted(advance, static=("unravel",))
"""`advance` compiled as the plain run is, so that it rounds alike; see `compiled.jitted`."""


def _put(many: Any, one: Any, place: jax.Array) -> Any:
    return jax.tree.map(lambda leaves, leaf: leaves.at[place].set(leaf), many, one)


def _update(
    params: jax.Array,
    opt_state: Any,
    t: jax.Array | int,
    examples: Examples,
    plan: Plan,
    unravel: Unravel,
) -> tuple[jax.Array, Any, Update]:
    x, y = examples.x_batches[t], examples.y_batches[t]
    rows, learning_rate = (jnp.asarray(each)[t] for each in (plan.rows_seen, plan.learning_rates))
    loss, gradient = loss_and_gradient(params, x, y, rows, plan.norm, unravel)
    after, opt_state = updated(params, opt_state, gradient, learning_rate, plan.hyper)
    step = after - params
    counted = jnp.arange(y.size) < rows
    stds = [
        jnp.min(std, where=counted, initial=jnp.inf)
        for std in row_stds(unravel(params), x, plan.norm)
    ]
    lengths = jnp.linalg.norm(step), jnp.linalg.norm(gradient)
    update = Update(
        batch_loss=loss,
        smallest_std=jnp.stack(stds),
        gradient_norm=layer_norms(unravel(gradient)),
        update_norm=layer_norms(unravel(step)),
        weight_norm=layer_norms(unravel(params)),
        alignment=-jnp.vdot(step, gradient) / (lengths[0] * lengths[1]),
        movement=lengths[0],
    )
    return after, opt_state, update
