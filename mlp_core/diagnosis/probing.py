"""Tries made for the purpose: a row without variance, one batch alone, inputs made longer."""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from mlp_core.diagnosis import loop
from mlp_core.diagnosis.records import Probes
from mlp_core.engine import compiled, model, starts
from mlp_core.engine.compiled import Plan
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.optimizer import init_optimizer, updated
from mlp_core.engine.starts import Examples, Initial, Unravel
from mlp_core.engine.update import loss_and_gradient
from mlp_core.settings import Settings
from mlp_core.switches import STAGES, Fixes

FIT_UPDATES = 500
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
MAX_PROBED = 2000
SOUND = STAGES["beyond"]


class OneBatch:
    """Updates on the first batch alone, as far as the caller wants."""

    def __init__(self, initial: Initial, examples: Examples, plan: Plan):
        _, flat, self._unravel = initial
        self._given = examples.x_batches[0], examples.y_batches[0], plan
        self._state = flat, init_optimizer(flat), jnp.full(FIT_UPDATES + 1, jnp.nan)

    def advance(self, first: int, stop: int) -> None:
        """Makes the updates `first` to `stop`, those before `first` being done."""
        state = _fit(self._state, *self._given, first, stop, self._unravel)
        self._state = jax.block_until_ready(state)

    @property
    def losses(self) -> np.ndarray:
        """The loss before each update, and at the end; NaN where it is not there yet."""
        return np.asarray(self._state[-1])


class Fits(NamedTuple):
    """Three ways to fit the first minibatch; one object where two of them agree."""

    own: OneBatch
    """By the run's own updates."""
    adamw: OneBatch
    """By AdamW, all else the run's own."""
    sound: OneBatch
    """By AdamW with the default settings, on a network with every fix and the run's widths."""


def fits(settings: Settings, fixes: Fixes) -> Fits:
    """Returns the fits of a run's first minibatch, before their first update."""
    examples, default = starts.examples(settings), Settings()
    usual = replace(
        settings,
        learning_rate=default.learning_rate,
        weight_decay=default.weight_decay,
        clip_norm=default.clip_norm,
    )

    def fit(settings: Settings, fixes: Fixes) -> OneBatch:
        plan = compiled.plan(settings, fixes, np.array([settings.steps]))
        return OneBatch(starts.initial(settings, fixes), examples, plan)

    own = fit(settings, fixes)
    adamw = own if fixes.adamw else fit(settings, replace(fixes, adamw=True))
    is_sound = settings == usual and replace(fixes, jit_step=True) == SOUND
    return Fits(own, adamw, own if is_sound else fit(usual, SOUND))


@partial(jax.jit, static_argnames="unravel")
def _fit(
    state: Any, x: jax.Array, y: jax.Array, plan: Plan, first: int, stop: int, unravel: Unravel
) -> Any:
    def at(params: jax.Array) -> tuple[jax.Array, jax.Array]:
        return loss_and_gradient(params, x, y, y.size, plan.norm, unravel)

    def one(t: jax.Array, state: Any) -> Any:
        params, opt_state, losses = state
        loss, gradient = at(params)
        rate = jnp.asarray(plan.learning_rates)[0]
        return *updated(params, opt_state, gradient, rate, plan.hyper), losses.at[t].set(loss)

    params, opt_state, losses = jax.lax.fori_loop(first, stop, one, state)
    return params, opt_state, losses.at[stop].set(at(params)[0])


@jax.jit
def _at_zero_variance(
    params: Params, examples: Examples, norm: Norm
) -> tuple[jax.Array, jax.Array]:
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


def probes(settings: Settings, fixes: Fixes, end: Params, fits: Fits) -> Probes:
    """Returns what the tries show.

    Args:
      end: the parameters that the run has reached.
      fits: the first minibatch's, all updates made.
    """
    examples = starts.examples(settings)
    x, y = examples.x_val[:MAX_PROBED], np.asarray(examples.y_val[:MAX_PROBED])
    start = starts.initial(settings, fixes).params
    loss, gradient = _at_zero_variance(start, examples, model.norm_of(fixes))
    scaled = [np.asarray(model.predict(end, scale * x, fixes))[:, 0] for scale in SCALES]
    return Probes(
        float(loss),
        float(gradient),
        np.array(SCALES),
        np.stack(scaled),
        np.linalg.norm(x, axis=1),
        y,
        fits.own.losses,
        fits.adamw.losses,
        fits.sound.losses,
        float(np.var(examples.y_batches[0])),
        loop.operations(settings, fixes),
    )
