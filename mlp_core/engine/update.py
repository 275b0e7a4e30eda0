"""One update: the loss and the gradient of a batch, and what plain descent or AdamW makes of it."""

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
"""Turns raveled parameters into a `Params`."""


class Hyper(NamedTuple):
    """What every update of a run shares; all traced."""

    weight_decay: float
    clip_norm: float
    """Infinite where nothing is clipped."""
    adamw: bool | jax.Array


def hyper_of(settings: Settings, fixes: Fixes) -> Hyper:
    """Returns the update's settings as numbers."""
    clip_norm = np.inf if settings.clip_norm is None else settings.clip_norm
    return Hyper(float(settings.weight_decay), float(clip_norm), fixes.adamw)


@posts_numerics
def learning_rates(settings: Settings) -> np.ndarray:
    """Returns the learning rate of each step, `[T]`, float32."""
    steps = np.arange(settings.steps)
    if settings.schedule == "constant":
        return np.full(settings.steps, settings.learning_rate, np.float32)
    decay = optax.cosine_decay_schedule(settings.learning_rate, settings.steps)
    return np.asarray(decay(steps), np.float32)


@posts_numerics
def init_optimizer(params: Any) -> optax.OptState:
    """Returns the optimizer's state before the first update."""
    return optax.adamw(learning_rate=0.0).init(params)


def loss_and_gradient(
    params: Any, x: jax.Array, y: jax.Array, rows: jax.Array | int, norm: Norm, unravel: Unravel
) -> tuple[jax.Array, Any]:
    """Returns the mean squared error of a batch's first `rows` rows, and its gradient.

    Of no rows the loss is NaN, the mean of nothing, and the gradient exactly 0.

    Args:
      x: `[D, B]`.
      y: `[B]`.
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
    """Returns the parameters, a pytree, and the optimizer's state after one update.

    Both optimizers are computed and one is selected: with a few hundred parameters that costs less
    than a second compiled program.
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
    """Returns the gradient, shortened to the norm; an infinite one leaves it exactly as it is."""
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
    """Returns what `step` does; all that switches and settings change is traced.

    Args:
      rows: how many of the batch count, from the first; None for all.
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
    """Returns the parameters, the optimizer's state and the batch's loss after a compiled update.

    Args:
      opt_state: `init_optimizer(params)` at first.
      x: `[B, D]`; B may be 0: then the loss is NaN and the gradient exactly 0.
      y: `[B, 1]`.
    """
    x, y = jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32)
    hyper, norm = hyper_of(settings, fixes), model.norm_of(fixes)
    return compiled_step(params, opt_state, x, y, norm, hyper, learning_rates(settings))
