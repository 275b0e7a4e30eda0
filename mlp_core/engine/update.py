"""One update: the loss and gradient of a minibatch, then gradient descent or AdamW."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from mlp_core.engine import model
from mlp_core.engine.model import Norm, Params
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes

Unravel = Callable[[Any], Params]
"""Returns the `Params` of raveled parameters."""


class Hyper(NamedTuple):
    """The hyperparameters that all updates of a run share; all are traced."""

    weight_decay: float
    clip_norm: float
    """Infinity if clipping is disabled."""
    adamw: bool | jax.Array


def hyper_of(settings: Settings, fixes: Fixes) -> Hyper:
    """Returns the hyperparameters of a run's updates."""
    clip_norm = np.inf if settings.clip_norm is None else settings.clip_norm
    return Hyper(float(settings.weight_decay), float(clip_norm), fixes.adamw)


@posts_numerics
def learning_rates(settings: Settings) -> np.ndarray:
    """Returns the learning rate of each step, `[T]`, float32."""
    schedules = {
        "constant": optax.constant_schedule(settings.learning_rate),
        "cosine": optax.cosine_decay_schedule(settings.learning_rate, settings.steps),
    }
    rates = schedules[settings.schedule](np.arange(settings.steps))
    return np.full(settings.steps, rates, np.float32)  # a constant schedule gives one number


@posts_numerics
def init_optimizer(params: Any) -> optax.OptState:
    """Returns the initial optimizer state, which serves both optimizers."""
    return optax.adamw(learning_rate=0.0).init(params)


def loss_and_gradient(
    params: Any, x: jax.Array, y: jax.Array, rows: jax.Array | int, norm: Norm, unravel: Unravel
) -> tuple[jax.Array, Any]:
    """Returns the mean squared error over the first `rows` rows of a minibatch, and its gradient.

    If `rows` is 0, the loss is NaN (the mean of no values), and the gradient is exactly 0.

    Args:
      params: a pytree that `unravel` turns into a `Params`.
      x: `[D, B]`.
      y: `[B]`.

    Returns:
      The loss, `[]`, and the gradient, a pytree like `params`.
    """
    weights = (jnp.arange(y.size) < rows) / jnp.maximum(rows, 1)

    def loss(params: Any) -> jax.Array:
        errors = model.outputs(unravel(params), x, norm) - y
        return jnp.vdot(weights, errors**2, precision="highest")

    value, gradient = jax.value_and_grad(loss)(params)
    gradient = jax.tree.map(lambda slope: jnp.where(rows > 0, slope, 0.0), gradient)
    return jnp.where(rows > 0, value, jnp.nan), gradient


def updated(
    params: Any, opt_state: optax.OptState, gradient: Any, learning_rate: jax.Array, hyper: Hyper
) -> tuple[Any, optax.OptState]:
    """Returns the parameters, a pytree, and the optimizer state after one update.

    Both optimizers are computed and one result is selected. With a few hundred parameters, this
    costs less than a second compiled program.
    """
    gradient = _clipped(gradient, hyper.clip_norm)
    adamw = optax.adamw(learning_rate, weight_decay=hyper.weight_decay)
    adamw_change, opt_state = adamw.update(gradient, opt_state, params)
    change = jax.tree.map(
        lambda chosen, slope: jnp.where(hyper.adamw, chosen, -learning_rate * slope),
        adamw_change,
        gradient,
    )
    return optax.apply_updates(params, change), opt_state


def _clipped(gradient: Any, clip_norm: float) -> Any:
    """Returns the gradient clipped to the global norm; an infinite norm leaves it unchanged."""
    clip = optax.clip_by_global_norm(clip_norm)
    clipped, _ = clip.update(gradient, clip.init(gradient))
    keep = jnp.isinf(clip_norm)
    return jax.tree.map(lambda slope, short: jnp.where(keep, slope, short), gradient, clipped)


def whole_step(
    params: Params,
    opt_state: optax.OptState,
    x: jax.Array,
    y: jax.Array,
    norm: Norm,
    hyper: Hyper,
    learning_rates: jax.Array,
    rows: jax.Array | None = None,
) -> tuple[Params, optax.OptState, jax.Array]:
    """Returns the result of `step`, with traced values in place of settings and fixes.

    Args:
      x: `[B, D]`.
      y: `[B, 1]`.
      learning_rates: `[T]`.
      rows: the number of rows of the minibatch to use, from the first; None for all.
    """
    count = y.size if rows is None else rows
    loss, gradient = loss_and_gradient(params, x.T, y[:, 0], count, norm, lambda same: same)
    rate = learning_rates[optax.tree_utils.tree_get(opt_state, "count")]
    return *updated(params, opt_state, gradient, rate, hyper), loss


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
    """Returns the parameters, the optimizer state, and the minibatch loss of one compiled update.

    Args:
      opt_state: `init_optimizer(params)` before the first update.
      x: `[B, D]`. B may be 0; then the loss is NaN and the gradient exactly 0.
      y: `[B, 1]`.

    Returns:
      The new parameters and optimizer state, and the loss before the update, `[]`.
    """
    x, y = jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32)
    hyper, norm = hyper_of(settings, fixes), model.norm_of(fixes)
    return compiled_step(params, opt_state, x, y, norm, hyper, learning_rates(settings))
