"""Where a run stands between two updates: its losses and units over all rows, its way so far."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from mlp_core import model
from mlp_core.model import Head, Norm, Params
from mlp_core.starts import Examples, Unravel


class Standing(NamedTuple):
    """Where a run stands. H hidden layers, then the head."""

    train_loss: jax.Array  # []
    val_loss: jax.Array  # []
    smallest_std: jax.Array  # [H], over all training and validation rows
    dead_units: jax.Array  # [H], the share of units that are 0 for every training row
    distance: jax.Array  # [H + 1], from the start


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
    distance = layer_norms(unravel(params - start))
    return Standing(train_loss, val_loss, jnp.stack(smallest), jnp.stack(dead), distance)


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


def layer_norms(params: Params) -> jax.Array:
    """Returns the norm of each layer's numbers, the head's last."""
    parts = (*params.layers, params.head)
    return jnp.stack([jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in part)) for part in parts])
