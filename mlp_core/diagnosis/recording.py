"""The quantities, beyond the losses, that a diagnosis records while the engine trains."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from mlp_core.engine import compiled, model
from mlp_core.engine.compiled import Observe, train_and_val_loss
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.starts import Examples
from mlp_core.engine.update import Unravel
from mlp_core.settings import Shape

Array = Any
"""A JAX array while the run is traced, a NumPy array afterwards."""


class Step(NamedTuple):
    """The record of one update. There are H hidden layers, followed by the head."""

    batch_loss: Array  # [], before the update
    smallest_std: Array  # [H], over the rows of the minibatch
    gradient_norm: Array  # [H + 1]
    update_norm: Array  # [H + 1]
    weight_norm: Array  # [H + 1], before the update
    alignment: Array  # [], cosine between the update and the negative gradient
    movement: Array  # [], the norm of the whole update


class Standing(NamedTuple):
    """The record of a run between two updates."""

    train_loss: Array  # []
    val_loss: Array  # []
    smallest_std: Array  # [H], over all training and validation rows
    dead_units: Array  # [H], the share of units that are 0 for every training row
    params: Array  # [P], raveled


def _step(update: compiled.Update, norm: Norm, unravel: Unravel) -> Step:
    moved = update.after - update.before
    length, slope = jnp.linalg.norm(moved), jnp.linalg.norm(update.gradient)
    counted = jnp.arange(update.x.shape[1]) < update.rows
    stds = model.row_stds(unravel(update.before), update.x, norm)
    return Step(
        batch_loss=update.loss,
        smallest_std=jnp.stack([jnp.min(std, where=counted, initial=jnp.inf) for std in stds]),
        gradient_norm=layer_norms(unravel(update.gradient)),
        update_norm=layer_norms(unravel(moved)),
        weight_norm=layer_norms(unravel(update.before)),
        alignment=-jnp.vdot(moved, update.gradient) / (length * slope),
        movement=length,
    )


def standing(flat: jax.Array, examples: Examples, norm: Norm, unravel: Unravel) -> Standing:
    """Returns the record of a run at these raveled parameters."""
    params, x_train, x_val = unravel(flat), examples.x_train.T, examples.x_val.T
    stds = zip(*(model.row_stds(params, x, norm) for x in (x_train, x_val)), strict=True)
    dead = [(units == 0).all(axis=1) for units in model.hidden_units(params, x_train, norm)]
    return Standing(
        *train_and_val_loss(flat, examples, norm, unravel),
        smallest_std=jnp.stack([jnp.minimum(jnp.min(train), jnp.min(val)) for train, val in stds]),
        dead_units=jnp.stack([jnp.mean(layer) for layer in dead]),
        params=flat,
    )


def _blank(shape: Shape, num_params: int) -> tuple[Step, Standing]:
    hidden, layers = np.zeros(len(shape.hidden)), np.zeros(len(shape.hidden) + 1)
    return (
        Step(0.0, hidden, layers, layers, layers, 0.0, 0.0),
        Standing(0.0, 0.0, hidden, hidden, np.zeros(num_params)),
    )


DIAGNOSIS = Observe(_step, standing, _blank)


def layer_norms(params: Params) -> jax.Array:
    """Returns the norm of each layer's parameters, `[H + 1]`, with the head last."""
    parts = (*params.layers, params.head)
    return jnp.stack([jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in part)) for part in parts])


def distances(flats: jax.Array, start: jax.Array, unravel: Unravel) -> jax.Array:
    """Returns each layer's distance from its initial value: `[R, P]`, `[P]` -> `[R, H + 1]`."""
    return jax.vmap(lambda flat: layer_norms(unravel(flat - start)))(flats)
