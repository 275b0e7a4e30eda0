"""Tries for the purpose: equal units, one batch alone, longer inputs, steps of the real loop."""

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
"""A little more than an epoch of the post's run: an epoch's last batch may be smaller."""
DEAD = (0.5, 0.5, 0.5)
"""Products of a layer whose units are all equal: their standard deviation is 0."""


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
        operations(settings, fixes),
    )


@posts_numerics
def compiled_shapes(
    settings: Settings, fixes: Fixes, most: int = MAX_UPDATES
) -> tuple[tuple[tuple[int, ...], ...], int]:
    """Returns the batch shapes that a compiled loss is traced for, and in how many updates.

    JAX traces a compiled function once for each shape. The Python in it runs at a trace only, so it
    can write the shapes down.

    Args:
      most: no more updates than these are looked at.
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
    """Returns about how many operations one update sends to the device, a compiled one being 1.

    They are counted in the update's trace. JAX's profiler counts as many for plain descent and a
    tenth less for AdamW, a few of whose operations do nothing.
    """
    loop = PythonLoop(settings, fixes, np.array([settings.steps]))
    data, norm = dataset(settings), model.norm_of(fixes)
    x, y = data.x_train[: settings.batch_size], data.y_train[: settings.batch_size]

    constant = replace(settings, schedule="constant")  # a schedule is made before the run

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
    """The first of three equal units, and how it would follow a change of what it is made from."""

    output: float
    gradient: float


def layer_norm(a: jax.Array, norm: Norm) -> jax.Array:
    """Returns `(a - mean) / (sqrt(var + inner) + outer)` over the units `[O]`."""
    return (a - jnp.mean(a)) / (jnp.sqrt(jnp.var(a) + norm.inner) + norm.outer)


@posts_numerics
def dead_layer(fixes: Fixes) -> DeadLayer:
    """Returns what these fixes make of LayerNorm's output and gradient at `DEAD`.

    The slope of sqrt at 0 is infinite, and infinity times a deviation of 0 is NaN. An epsilon added
    after the root comes too late for that; added inside, it keeps the root away from 0.
    """
    norm = model.norm_of(fixes)

    def first_unit(a: jax.Array) -> jax.Array:
        return layer_norm(a, norm)[0]

    output, gradient = jax.value_and_grad(first_unit)(jnp.array(DEAD))
    return DeadLayer(float(output), float(gradient[0]))
