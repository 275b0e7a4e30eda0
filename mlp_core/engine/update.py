"""One update: the loss and the gradient of a batch, and the step they make up."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from mlp_core.engine import model
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.optimizer import Hyper, hyper_of, learning_rates, updated
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes


def loss_and_gradient(
    params: Any,
    x: jax.Array,
    y: jax.Array,
    rows: jax.Array | int,
    norm: Norm,
    unravel: Callable[[Any], Params],
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
        errors = model.outputs(unravel(params), x, norm) - y
        return jnp.vdot(weights, errors**2, precision="highest")

    value, gradient = jax.value_and_grad(loss)(params)
    gradient = jax.tree.map(lambda slope: jnp.where(rows > 0, slope, 0.0), gradient)
    return jnp.where(rows > 0, value, jnp.nan), gradient


def whole_step(
    params: Params,
    opt_state: optax.OptState,
    x: jax.Array,
    y: jax.Array,
    norm: Norm,
    hyper: Hyper,
    learning_rates: jax.Array,
) -> tuple[Params, optax.OptState, jax.Array]:
    """Returns what `step` does; all that switches and settings change is traced."""
    loss, gradient = loss_and_gradient(params, x.T, y[:, 0], y.size, norm, lambda same: same)
    count = optax.tree_utils.tree_get(opt_state, "count")
    return *updated(params, opt_state, gradient, learning_rates[count], hyper), loss


compiled_step = jax.jit(whole_step)


@posts_numerics
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
    x, y = jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32)
    hyper, norm = hyper_of(settings, fixes), model.norm_of(fixes)
    return compiled_step(params, opt_state, x, y, norm, hyper, learning_rates(settings))
