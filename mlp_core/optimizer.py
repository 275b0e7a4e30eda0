"""How a gradient becomes an update: plain descent or AdamW, clipped or not."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from mlp_core.fixes import Fixes
from mlp_core.model import Params
from mlp_core.settings import Settings


class Hyper(NamedTuple):
    """What an update depends on besides the gradient; all traced."""

    learning_rate: jax.Array | float
    weight_decay: float
    clip_norm: float
    adamw: bool


def hyper_of(settings: Settings, fixes: Fixes, learning_rate: jax.Array | float) -> Hyper:
    """Returns the update's settings as numbers; clipping nothing is a norm of infinity."""
    clip_norm = np.inf if settings.clip_norm is None else settings.clip_norm
    return Hyper(learning_rate, float(settings.weight_decay), float(clip_norm), fixes.adamw)


def learning_rates(settings: Settings) -> np.ndarray:
    """Returns the learning rate of each step, `[T]`, float32."""
    steps = np.arange(settings.steps)
    if settings.schedule == "constant":
        return np.full(settings.steps, settings.learning_rate, np.float32)
    decay = optax.cosine_decay_schedule(settings.learning_rate, settings.steps)
    return np.asarray(decay(steps), np.float32)


def init_optimizer(params: Params) -> optax.OptState:
    """Returns the optimiser's state before the first update."""
    return optax.adamw(learning_rate=0.0).init(params)


def updated(params, opt_state, gradient, hyper: Hyper):
    """Returns the parameters and the optimiser's state after one update.

    Both optimisers are computed and one is selected: with a few hundred parameters that costs less
    than a second compiled program.
    """
    gradient = _clipped(gradient, hyper.clip_norm)
    adamw = optax.adamw(hyper.learning_rate, weight_decay=hyper.weight_decay)
    adamw_change, opt_state = adamw.update(gradient, opt_state, params)
    change = jax.tree.map(
        lambda chosen, slope: jnp.where(hyper.adamw, chosen, -hyper.learning_rate * slope),
        adamw_change,
        gradient,
    )
    return optax.apply_updates(params, change), opt_state


def _clipped(gradient, clip_norm: float):
    clip = optax.clip_by_global_norm(clip_norm)
    return clip.update(gradient, clip.init(gradient))[0]
