"""One training run that records more than its losses, compiled once for all switches.

It makes the updates of `mlp_core.training.train` with the same functions; only what it writes down
is its own.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from mlp_core import model
from mlp_core.compiled import Plan, jitted
from mlp_core.model import Head, Norm, Params
from mlp_core.optimizer import init_optimizer, updated
from mlp_core.starts import Examples, Unravel
from mlp_core.update import loss_and_gradient


class Update(NamedTuple):
    """One update: the state before it and the step it makes. H hidden layers, then the head."""

    batch_loss: jax.Array  # []
    smallest_std: jax.Array  # [H], over the batch's rows
    gradient_norm: jax.Array  # [H + 1]
    update_norm: jax.Array  # [H + 1]
    weight_norm: jax.Array  # [H + 1]
    alignment: jax.Array  # [], cosine of the update and minus the gradient
    movement: jax.Array  # [], the norm of the whole update
    finite: jax.Array  # [], whether all parameters are finite after it


class Standing(NamedTuple):
    """Where a run stands between two updates; NaN where it was not asked for."""

    train_loss: jax.Array  # []
    val_loss: jax.Array  # []
    smallest_std: jax.Array  # [H], over all training and validation rows
    dead_units: jax.Array  # [H], the share of units that are 0 for every training row
    distance: jax.Array  # [H + 1], from the start


def hidden(params: Params, x: jax.Array, norm: Norm, depth: int) -> jax.Array:
    """Returns the units of the layer number `depth`, from 1, for each row: `[D, B] -> [O, B]`.

    One head a unit that passes this unit through: the network's own outputs, nothing else.
    """
    layers = params.layers[:depth]
    units = layers[-1].bias.size

    def unit(weight: jax.Array) -> jax.Array:
        return model.outputs(Params(layers, Head(weight[None], jnp.zeros(1))), x, norm)

    return jax.vmap(unit)(jnp.eye(units))


def row_stds(params: Params, x: jax.Array, norm: Norm) -> list[jax.Array]:
    """Returns the std over a layer's units before LayerNorm, for each layer `[B]`."""
    stds = []
    for depth, layer in enumerate(params.layers):
        inputs = hidden(params, x, norm, depth) if depth else x
        product = jnp.matmul(layer.weight, inputs, precision=jax.lax.Precision.HIGHEST)
        summed = product + (norm.pre_bias * layer.pre_bias)[:, None]
        stds.append(jnp.std(summed, axis=0))
    return stds


def standing(
    params: jax.Array, start: jax.Array, examples: Examples, norm: Norm, unravel: Unravel
) -> Standing:
    """Returns where the run stands at these raveled parameters."""
    drawn = unravel(params)
    train, val = (examples.x_train.T, examples.y_train), (examples.x_val.T, examples.y_val)
    train_loss, val_loss = (
        jnp.mean((model.outputs(drawn, x, norm) - y) ** 2) for x, y in (train, val)
    )
    dead = [
        jnp.mean((hidden(drawn, train[0], norm, depth + 1) == 0).all(axis=1))
        for depth in range(len(drawn.layers))
    ]
    every_row = jnp.concatenate([train[0], val[0]], axis=1)
    smallest = [jnp.min(std) for std in row_stds(drawn, every_row, norm)]
    distance = _layer_norms(unravel(params - start))
    return Standing(train_loss, val_loss, jnp.stack(smallest), jnp.stack(dead), distance)


def _record(
    params: jax.Array, examples: Examples, plan: Plan, asked: jax.Array, unravel: Unravel
) -> tuple[jax.Array, Update, Standing]:
    """Returns the final raveled parameters and the records of every update.

    Args:
      asked: `[T]`, before which updates to look where the run stands.

    Returns:
      `Update` leaves are `[T, ...]`, `Standing` leaves `[T + 1, ...]`, the last one at the end.
    """
    start = params
    at = partial(standing, start=start, examples=examples, norm=plan.norm, unravel=unravel)
    nowhere = jax.tree.map(lambda leaf: jnp.full(leaf.shape, jnp.nan), jax.eval_shape(at, start))

    def one(state: Any, t: jax.Array) -> Any:
        params, opt_state = state
        seen = jax.lax.cond(asked[t], at, lambda _: nowhere, params)
        params, opt_state, update = _update(params, opt_state, t, examples, plan, unravel)
        return (params, opt_state), (update, seen)

    state = (params, init_optimizer(params))
    (params, _), (updates, seen) = jax.lax.scan(one, state, jnp.arange(asked.size))
    seen = jax.tree.map(lambda many, last: jnp.concatenate([many, last[None]]), seen, at(params))
    return params, updates, seen


def _update(
    params: jax.Array, opt_state: Any, t: jax.Array, examples: Examples, plan: Plan, unravel: Any
) -> tuple[jax.Array, Any, Update]:
    x, y, rows = examples.x_batches[t], examples.y_batches[t], plan.rows_seen[t]
    loss, gradient = loss_and_gradient(params, x, y, rows, plan.norm, unravel)
    after, opt_state = updated(params, opt_state, gradient, plan.learning_rates[t], plan.hyper)
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
        gradient_norm=_layer_norms(unravel(gradient)),
        update_norm=_layer_norms(unravel(step)),
        weight_norm=_layer_norms(unravel(params)),
        alignment=-jnp.vdot(step, gradient) / (lengths[0] * lengths[1]),
        movement=lengths[0],
        finite=jnp.isfinite(after).all(),
    )
    return after, opt_state, update


def _layer_norms(params: Params) -> jax.Array:
    """Returns the norm of each layer's numbers, the head's last."""
    parts = (*params.layers, params.head)
    return jnp.stack([jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in part)) for part in parts])


record = jitted(_record, static=("unravel",))
"""`_record` compiled as the plain run is, so that it rounds alike; see `compiled.jitted`."""


@jax.jit
def at_zero_variance(params: Params, examples: Examples, norm: Norm) -> tuple[jax.Array, jax.Array]:
    """Returns the loss of one row, and the norm of its gradient, where LayerNorm finds no variance.

    The last layer's sums are made equal, 0, for every input.
    """
    last = params.layers[-1]
    zero = jax.tree.map(jnp.zeros_like, last)
    level = last._replace(weight=zero.weight, pre_bias=zero.pre_bias)
    flat, unravel = ravel_pytree(params._replace(layers=(*params.layers[:-1], level)))
    x, y = examples.x_train[:1].T, examples.y_train[:1]
    loss, gradient = loss_and_gradient(flat, x, y, 1, norm, unravel)
    return loss, jnp.linalg.norm(gradient)


@partial(jax.jit, static_argnames=("steps", "unravel"))
def fit_one_batch(
    params: jax.Array, examples: Examples, plan: Plan, steps: int, unravel: Unravel
) -> jax.Array:
    """Returns the loss before each of `steps` updates on the first batch alone, and at the end."""

    def one(state: Any, _: None) -> Any:
        params, opt_state = state
        loss, gradient = first(params)
        state = updated(params, opt_state, gradient, plan.learning_rates[0], plan.hyper)
        return state, loss

    def first(params: jax.Array) -> tuple[jax.Array, jax.Array]:
        x, y = examples.x_batches[0], examples.y_batches[0]
        return loss_and_gradient(params, x, y, y.size, plan.norm, unravel)

    (params, _), losses = jax.lax.scan(one, (params, init_optimizer(params)), length=steps)
    return jnp.append(losses, first(params)[0])
