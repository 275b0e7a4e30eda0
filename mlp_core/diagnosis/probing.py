"""Probes of a run's network and update.

The probes are a row with equal units, training on one minibatch alone, scaled inputs, and the batch
shapes and operations of the real training loop.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from mlp_core.data.dataset import dataset
from mlp_core.diagnosis.records import Probes
from mlp_core.engine import batches, model, python_loop, starts
from mlp_core.engine.compiled import CompiledLoop
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.python_loop import PythonLoop
from mlp_core.engine.starts import Examples
from mlp_core.engine.update import init_optimizer, loss_and_gradient, step
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import STAGES, Fixes

FIT_UPDATES = 500
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
MAX_PROBED = 2000
SOUND = STAGES["beyond"]
MAX_UPDATES = 40
"""Maximum number of updates whose batch shapes are traced. It is a little more than an epoch of the
post's run, because the last minibatch of an epoch may be smaller."""
DEAD = (0.5, 0.5, 0.5)
"""Preactivations of a layer whose units are all equal: their standard deviation is 0."""


class Fits(NamedTuple):
    """Three ways to fit the first minibatch. Fits that would be identical are the same object."""

    own: CompiledLoop
    """With the run's own updates."""
    adamw: CompiledLoop
    """With AdamW, and everything else as in the run."""
    sound: CompiledLoop
    """With AdamW at the default settings, on a network with the run's widths and every fix."""


def fits(settings: Settings, fixes: Fixes) -> Fits:
    """Returns the three fits of a run's first minibatch, before their first update."""
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
    """Returns a run that trains on the first minibatch alone, in every update."""
    examples = starts.examples(settings)
    x, y = examples.x_batches[0], examples.y_batches[0]
    alone = Examples(x.T, y, x.T, y, x[None], y[None])
    # The minibatch is passed to `feed`, so the batch size in these settings has no effect.
    steps = replace(settings, steps=FIT_UPDATES, schedule="constant", batch_size=1)
    loop = CompiledLoop(steps, fixes, np.array([FIT_UPDATES]))
    loop.feed(alone, np.full(FIT_UPDATES, y.size, np.int32))
    return loop


def _losses(fit: CompiledLoop) -> np.ndarray:
    """Returns the loss before each update and at the end, `[FIT_UPDATES + 1]`."""
    return np.append(fit.losses.batch_loss, fit.losses.train_loss)


@jax.jit
def _at_zero_variance(
    params: Params, examples: Examples, norm: Norm
) -> tuple[jax.Array, jax.Array]:
    """Returns the loss of one row and the norm of its gradient when LayerNorm's variance is 0.

    The preactivations of the last hidden layer are set to 0 for every input, so they are equal.
    """
    last = params.layers[-1]
    zero = jax.tree.map(jnp.zeros_like, last)
    level = last._replace(weight=zero.weight, pre_bias=zero.pre_bias)
    flat, unravel = ravel_pytree(params._replace(layers=(*params.layers[:-1], level)))
    x, y = examples.x_train[:1].T, examples.y_train[:1]
    loss, gradient = loss_and_gradient(flat, x, y, 1, norm, unravel)
    return loss, jnp.linalg.norm(gradient)


def probes(settings: Settings, fixes: Fixes, end: Params, fits: Fits) -> Probes:
    """Returns the results of the probes.

    Args:
      end: the parameters at the end of the run.
      fits: the fits of the first minibatch, after all of their updates.
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
        operations(settings, fixes),
    )


@posts_numerics
def compiled_shapes(
    settings: Settings, fixes: Fixes, most: int = MAX_UPDATES
) -> tuple[tuple[tuple[int, ...], ...], int]:
    """Returns the batch shapes for which a compiled loss is traced, and the number of updates.

    JAX traces a compiled function once for each shape. The function's Python code runs only while
    it is traced, so that code can record the shapes.

    Args:
      most: maximum number of updates to examine.
    """
    params, norm = starts.initial(settings, fixes).params, model.norm_of(fixes)
    features = settings.num_features
    shapes: list[tuple[int, ...]] = []

    @jax.jit
    def traced(x: jax.Array, y: jax.Array) -> Any:
        shapes.append(x.shape)
        return python_loop.loss_and_gradient(params, x, y, norm)

    updates = min(settings.steps, settings.steps_per_epoch + 1, most)
    for batch in batches.rows_seen(settings, fixes)[:updates].tolist():
        x, y = (jax.ShapeDtypeStruct((batch, each), np.float32) for each in (features, 1))
        traced.eval_shape(x, y)
    return tuple(shapes), updates


def operations(settings: Settings, fixes: Fixes) -> int:
    """Returns the approximate number of operations that one update sends to the device.

    The operations are counted in the update's jaxpr; a compiled function counts as 1. JAX's
    profiler counts the same number for plain gradient descent, and 10% fewer for AdamW, where a few
    operations do nothing.
    """
    loop = PythonLoop(settings, fixes, np.array([settings.steps]))
    data, norm = dataset(settings), model.norm_of(fixes)
    x, y = data.x_train[: settings.batch_size], data.y_train[: settings.batch_size]

    constant = replace(settings, schedule="constant")  # a schedule is computed before the run

    def one_by_one(params: Any, opt_state: Any, x: jax.Array, y: jax.Array) -> Any:
        _, gradient = python_loop.loss_and_gradient(params, x, y, norm)
        return loop.updated(params, opt_state, gradient, 0)

    def as_one(params: Any, opt_state: Any, x: jax.Array, y: jax.Array) -> Any:
        return step(params, opt_state, x, y, constant, fixes)

    update, optimizer = (
        (as_one, init_optimizer) if fixes.jit_step else (one_by_one, loop.init_optimizer)
    )
    program = jax.make_jaxpr(update)(loop.params, optimizer(loop.params), x, y)
    return len(program.jaxpr.eqns)


class DeadLayer(NamedTuple):
    """LayerNorm at `DEAD`, for the first of the three equal units."""

    output: float
    gradient: float
    """Derivative of the output with respect to that unit's input."""


def layer_norm(a: jax.Array, norm: Norm) -> jax.Array:
    """Returns `(a - mean) / (sqrt(var + inner) + outer)` over the units `[O]`."""
    return (a - jnp.mean(a)) / (jnp.sqrt(jnp.var(a) + norm.inner) + norm.outer)


@posts_numerics
def dead_layer(fixes: Fixes) -> DeadLayer:
    """Returns the output and gradient of LayerNorm at `DEAD` with these fixes.

    The derivative of sqrt at 0 is infinite, and infinity times a deviation of 0 is NaN. An epsilon
    added to the root does not prevent that; an epsilon inside it keeps the root away from 0.
    """
    norm = model.norm_of(fixes)

    def first_unit(a: jax.Array) -> jax.Array:
        return layer_norm(a, norm)[0]

    output, gradient = jax.value_and_grad(first_unit)(jnp.array(DEAD))
    return DeadLayer(float(output), float(gradient[0]))
