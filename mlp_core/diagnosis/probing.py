"""Tries made for the purpose: a row without variance, one batch alone, inputs made longer."""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from mlp_core.diagnosis import loop
from mlp_core.diagnosis.records import Probes
from mlp_core.engine import model, starts
from mlp_core.engine.compiled import CompiledLoop
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.starts import Examples
from mlp_core.engine.update import loss_and_gradient
from mlp_core.settings import Settings
from mlp_core.switches import STAGES, Fixes

FIT_UPDATES = 500
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
MAX_PROBED = 2000
SOUND = STAGES["beyond"]


class Fits(NamedTuple):
    """Three ways to fit the first minibatch; one object where two of them agree."""

    own: CompiledLoop
    """By the run's own updates."""
    adamw: CompiledLoop
    """By AdamW, all else the run's own."""
    sound: CompiledLoop
    """By AdamW with the default settings, on a network with every fix and the run's widths."""


def fits(settings: Settings, fixes: Fixes) -> Fits:
    """Returns the fits of a run's first minibatch, before their first update."""
    default = Settings()
    usual = replace(
        settings,
        learning_rate=default.learning_rate,
        weight_decay=default.weight_decay,
        clip_norm=default.clip_norm,
    )
    own = _fit(settings, fixes)
    adamw = own if fixes.adamw else _fit(settings, replace(fixes, adamw=True))
    is_sound = settings == usual and replace(fixes, jit_step=True) == SOUND
    return Fits(own, adamw, own if is_sound else _fit(usual, SOUND))


def _fit(settings: Settings, fixes: Fixes) -> CompiledLoop:
    """Returns a run that trains on the first minibatch alone, again and again."""
    examples = starts.examples(settings)
    x, y = examples.x_batches[0], examples.y_batches[0]
    alone = Examples(x.T, y, x.T, y, x[None], y[None])
    # Its batch is fed, so that the settings' batch size says nothing.
    steps = replace(settings, steps=FIT_UPDATES, schedule="constant", batch_size=1)
    loop = CompiledLoop(steps, fixes, np.array([FIT_UPDATES]))
    loop.feed(alone, np.full(FIT_UPDATES, y.size, np.int32))
    return loop


def _losses(fit: CompiledLoop) -> np.ndarray:
    """Returns the loss before each update, and at the end, `[FIT_UPDATES + 1]`."""
    return np.append(fit.losses.batch_loss, fit.losses.train_loss)


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
        _losses(fits.own),
        _losses(fits.adamw),
        _losses(fits.sound),
        float(np.var(examples.y_batches[0])),
        loop.operations(settings, fixes),
    )
