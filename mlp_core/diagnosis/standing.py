"""Where a run stands between two updates: its losses and units over all rows, its way so far."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from mlp_core.engine import model
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.starts import Examples, Unravel


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

    def loss(x: jax.Array, y: jax.Array) -> jax.Array:
        return model.mean_loss(drawn, x, y, norm)

    def smallest_stds(x: jax.Array) -> jax.Array:
        return jnp.stack([jnp.min(std) for std in row_stds(drawn, x, norm)])

    def dead(x: jax.Array) -> list[jax.Array]:
        return [(units == 0).all(axis=1) for units in model.hidden_units(drawn, x, norm)]

    x_train, x_val = examples.x_train, examples.x_val
    smallest = [model.in_blocks(smallest_stds, x, drawn).min(axis=0) for x in (x_train, x_val)]
    dead_in_blocks = model.in_blocks(dead, x_train, drawn)
    return Standing(
        loss(x_train, examples.y_train),
        loss(x_val, examples.y_val),
        jnp.minimum(*smallest),
        jnp.stack([jnp.mean(layer.all(axis=0)) for layer in dead_in_blocks]),
        layer_norms(unravel(params - start)),
    )


def row_stds(params: Params, x: jax.Array, norm: Norm) -> list[jax.Array]:
    """Returns the std over a layer's units before LayerNorm, for each layer: `[D, B] -> [B]`."""
    inputs = x, *model.hidden_units(params, x, norm)
    stds = []
    for layer, into in zip(params.layers, inputs, strict=False):  # nothing comes after the last
        product = jnp.matmul(layer.weight, into, precision=jax.lax.Precision.HIGHEST)
        summed = product + (norm.pre_bias * layer.pre_bias)[:, None]
        stds.append(jnp.std(summed, axis=0))
    return stds


def layer_norms(params: Params) -> jax.Array:
    """Returns the norm of each layer's numbers, the head's last."""
    parts = (*params.layers, params.head)
    return jnp.stack([jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in part)) for part in parts])
