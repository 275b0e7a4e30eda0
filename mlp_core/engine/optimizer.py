"""How a gradient becomes an update: plain descent or AdamW, clipped or not."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes


class Hyper(NamedTuple):
    """What every update of a run shares; all traced."""

    weight_decay: float
    clip_norm: float
    adamw: bool | jax.Array


def hyper_of(settings: Settings, fixes: Fixes) -> Hyper:
    """Returns the update's settings as numbers; clipping nothing is a norm of infinity."""
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
    """Returns the optimiser's state before the first update."""
    return optax.adamw(learning_rate=0.0).init(params)


def updated(
    params: Any, opt_state: optax.OptState, gradient: Any, learning_rate: jax.Array, hyper: Hyper
) -> tuple[Any, optax.OptState]:
    """Returns the parameters, a pytree, and the optimiser's state after one update.

    Both optimisers are computed and one is selected: with a few hundred parameters that costs less
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
