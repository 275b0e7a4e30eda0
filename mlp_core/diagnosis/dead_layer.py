"""Why an epsilon beside the root does not stop the NaN: the gradient of a layer of equal units."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from mlp_core.engine.model import Norm, norm_of
from mlp_core.numerics import posts_numerics
from mlp_core.switches import Fixes

DEAD = (0.5, 0.5, 0.5)
"""Products of a layer whose units are all equal: their standard deviation is 0."""


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
    norm = norm_of(fixes)

    def first_unit(a: jax.Array) -> jax.Array:
        return layer_norm(a, norm)[0]

    output, gradient = jax.value_and_grad(first_unit)(jnp.array(DEAD))
    return DeadLayer(float(output), float(gradient[0]))
