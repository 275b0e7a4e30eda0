"""What the real training loop asks of JAX: the shapes it compiles, the operations it sends."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np

from mlp_core.data.dataset import dataset
from mlp_core.engine import batches, model
from mlp_core.engine.python_loop import PythonLoop, loss_and_gradient
from mlp_core.engine.starts import initial
from mlp_core.engine.update import init_optimizer, step
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes

MAX_UPDATES = 40
"""A little more than an epoch of the post's run: an epoch's last batch may be smaller."""


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
    params, norm = initial(settings, fixes).params, model.norm_of(fixes)
    features = settings.num_features
    shapes: list[tuple[int, ...]] = []

    @jax.jit
    def traced(x: jax.Array, y: jax.Array) -> Any:
        shapes.append(x.shape)
        return loss_and_gradient(params, x, y, norm)

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
        _, gradient = loss_and_gradient(params, x, y, norm)
        return loop.updated(params, opt_state, gradient, 0)

    def as_one(params: Any, opt_state: Any, x: jax.Array, y: jax.Array) -> Any:
        return step(params, opt_state, x, y, constant, fixes)

    update, optimizer = (
        (as_one, init_optimizer) if fixes.jit_step else (one_by_one, loop.init_optimizer)
    )
    program = jax.make_jaxpr(update)(loop.params, optimizer(loop.params), x, y)
    return len(program.jaxpr.eqns)
