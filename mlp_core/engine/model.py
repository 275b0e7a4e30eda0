"""The network: its initial parameters and its predictions.

A hidden layer is `relu(gain * normalized(weight @ x) + bias)`, the head `weight @ x + bias`.
Internally, arrays are `[features, examples]`, which makes small layers fast on a CPU.
"""

from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes

EPSILON = 1e-5

SMALL = 16
"""Up to this many features, a sum of elementwise products is faster than a matrix product."""


class Layer(NamedTuple):
    """A hidden layer with I inputs and O outputs."""

    weight: jax.Array  # [O, I]
    bias: jax.Array  # [O], LayerNorm's b
    gain: jax.Array  # [O], LayerNorm's g
    pre_bias: jax.Array  # [O], the c of `W x + c`; stays 0 without `bias_before_norm`


class Head(NamedTuple):
    """The linear output layer."""

    weight: jax.Array  # [1, I]
    bias: jax.Array  # [1]


class Params(NamedTuple):
    """All learned parameters."""

    layers: tuple[Layer, ...]
    head: Head


class Drawing(NamedTuple):
    """The fixes that change the initial parameters."""

    split_keys: bool
    norm_init: bool


class Norm(NamedTuple):
    """The fixes that act in LayerNorm, as numbers: it divides by `sqrt(var + inner) + outer`.

    The numbers are traced, so that one compiled program serves every combination. A `where` could
    not select between the two divisors: the NaN gradient of the unused one would leak through.
    """

    inner: float
    outer: float
    pre_bias: float
    """1 if the layer has a learned bias before LayerNorm, else 0."""


def is_small(settings: Settings) -> bool:
    """Returns whether no layer has more than `SMALL` inputs or outputs."""
    return max(settings.num_features, *settings.hidden) <= SMALL


def drawing_of(fixes: Fixes) -> Drawing:
    """Returns the fixes that change the initial parameters."""
    return Drawing(fixes.split_keys, fixes.norm_init)


def norm_of(fixes: Fixes) -> Norm:
    """Returns the fixes that act in LayerNorm, as numbers."""
    epsilon = EPSILON if fixes.norm_epsilon else 0.0
    inner, outer = (epsilon, 0.0) if fixes.epsilon_in_root else (0.0, epsilon)
    return Norm(inner, outer, float(fixes.bias_before_norm))


@posts_numerics
def init(key: jax.Array, settings: Settings, fixes: Fixes) -> Params:
    """Returns the initial parameters of a run.

    Args:
      key: consumed.

    Raises:
      ValueError: if the key does not belong to JAX's default random number generator.

    Source: the post's `MLP.__init__` (v1) and `init_mlp` (final version).
    """
    return drawn(key, (settings.num_features, *settings.hidden), drawing_of(fixes))


def drawn(key: jax.Array, sizes: tuple[int, ...], drawing: Drawing) -> Params:
    """Returns the initial parameters, see `init`.

    Args:
      key: consumed.
      sizes: the number of inputs, then the number of units of each hidden layer.
    """
    _check_generator(key)
    layers = []
    for inputs, outputs in pairwise(sizes):
        key, keys = _layer_keys(key, drawing)
        layers.append(_layer(keys, inputs, outputs, drawing))
    if drawing.split_keys:
        _, weight_key, bias_key = jax.random.split(key, 3)
    else:
        weight_key = bias_key = keys[0]  # the bug: the last layer's key is reused
    head = Head(
        _scaled_normal(weight_key, (1, sizes[-1]), sizes[-1]), jax.random.normal(bias_key, (1,))
    )
    return Params(tuple(layers), head)


def _check_generator(key: jax.Array) -> None:
    is_typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    words = jax.random.key_data(key) if is_typed else key
    if words.shape != (2,):
        raise ValueError(
            "key must be made by jax.random.key(seed, impl='threefry2x32'), got a key of another "
            "random number generator; JAX_DEFAULT_PRNG_IMPL sets the default generator"
        )


def _layer_keys(key: jax.Array, drawing: Drawing) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    """Returns the next key, and the keys for weight, bias, and gain.

    With `split_keys` and `norm_init` on, only the weight's key is split off and returned.
    """
    if not drawing.split_keys:
        key, shared = jax.random.split(key)
        return key, (shared, shared, shared)
    if drawing.norm_init:
        key, weight_key = jax.random.split(key)
        return key, (weight_key,)
    key, *keys = jax.random.split(key, 4)
    return key, tuple(keys)


def _layer(keys: tuple[jax.Array, ...], inputs: int, outputs: int, drawing: Drawing) -> Layer:
    weight = _scaled_normal(keys[0], (outputs, inputs), inputs)
    zeros = jnp.zeros(outputs)
    if drawing.norm_init:
        return Layer(weight, zeros, jnp.ones(outputs), zeros)
    bias, gain = (_scaled_normal(key, (outputs,), inputs) for key in keys[1:])
    return Layer(weight, bias, gain, zeros)


def _scaled_normal(key: jax.Array, shape: tuple[int, ...], inputs: int) -> jax.Array:
    return jax.random.normal(key, shape) * jnp.sqrt(2.0 / inputs)


def outputs(params: Params, x: jax.Array, norm: Norm) -> jax.Array:
    """Returns the predictions for features-first inputs: `[I, B] -> [B]`."""
    last = hidden_units(params, x, norm)[-1]
    return _matrix_product(params.head.weight[0], last) + params.head.bias


def hidden_units(params: Params, x: jax.Array, norm: Norm) -> list[jax.Array]:
    """Returns the activations of each hidden layer, first to last: `[I, B] -> [O, B]` each."""
    units = []
    for layer in params.layers:
        x = _hidden(layer, x, norm)
        units.append(x)
    return units


def row_stds(params: Params, x: jax.Array, norm: Norm) -> list[jax.Array]:
    """Returns each layer's std over its units before LayerNorm: `[I, B] -> [B]` per layer."""
    inputs = x, *hidden_units(params, x, norm)[:-1]
    layers = zip(params.layers, inputs, strict=True)
    return [jnp.sqrt(jnp.mean(_centered_products(*each, norm) ** 2, axis=0)) for each in layers]


def mean_loss(params: Params, x: jax.Array, y: jax.Array, norm: Norm) -> jax.Array:
    """Returns the mean squared error: `[N, D]`, `[N]` -> `[]`."""
    return jnp.mean((outputs(params, x.T, norm) - y) ** 2)


@jax.custom_vjp
def _hidden(layer: Layer, x: jax.Array, norm: Norm) -> jax.Array:
    """Returns the activations of one hidden layer: `[I, B] -> [O, B]`.

    The derivative is written by hand, because a step takes four times as long with automatic
    differentiation. Let c be the centered products `weight @ x` (centering the smaller matrix,
    `weight`, gives the same c), s = sqrt(mean(c^2) + inner), and r = 1 / (s + outer). If g is the
    gradient with respect to c * r, the gradient with respect to c is r g - c r^2 mean(g c) / s. It
    is NaN where all units of a layer are equal and `inner` is 0.
    """
    return _forward(layer, x, norm)[0]


def _forward(layer: Layer, x: jax.Array, norm: Norm) -> tuple[jax.Array, tuple[Any, ...]]:
    c = _centered_products(layer, x, norm)
    s = jnp.sqrt(jnp.mean(c**2, axis=0) + norm.inner)
    r = 1 / (s + norm.outer)
    hidden = jax.nn.relu(layer.gain[:, None] * (c * r) + layer.bias[:, None])
    return hidden, (layer, x, norm, c, s, r, hidden)


def _backward(saved: tuple[Any, ...], slope: jax.Array) -> tuple[Layer, jax.Array, None]:
    layer, x, norm, c, s, r, hidden = saved
    bias = jnp.where(hidden > 0, slope, 0.0)
    g = layer.gain[:, None] * bias
    down = r * g - c * (r**2 * jnp.mean(g * c, axis=0) / s)
    layer_slope = Layer(
        weight=_centered(_batch_products(down, x)),
        bias=_batch_sum(bias),
        gain=_batch_sum(bias * c * r),
        pre_bias=norm.pre_bias * _centered(_batch_sum(down)),
    )
    return layer_slope, _product(_centered(layer.weight).T, down), None


_hidden.defvjp(_forward, _backward)


def _centered_products(layer: Layer, x: jax.Array, norm: Norm) -> jax.Array:
    return _product(_centered(layer.weight), x) + norm.pre_bias * _centered(layer.pre_bias)[:, None]


def _centered(weight: jax.Array) -> jax.Array:
    return weight - jnp.mean(weight, axis=0)


# Inside one kernel (mlp_core.engine.setup), XLA vectorizes a sum over features across the batch.
# It does not vectorize a sum over the batch, unless the sum is a matrix-vector product. A product
# of two matrices is slow there.


def _product(weight: jax.Array, x: jax.Array) -> jax.Array:
    """Returns `weight @ x`, `[O, B]`, summed over the features I."""
    if max(weight.shape) > SMALL:
        return _matrix_product(weight, x)
    return jnp.sum(weight[:, :, None] * x, axis=1)


def _batch_products(a: jax.Array, x: jax.Array) -> jax.Array:
    """Returns `a @ x.T`, `[O, I]`, summed over the batch."""
    if max(len(a), len(x)) > SMALL:
        return _matrix_product(a, x.T)
    return jnp.stack([_matrix_product(a, row) for row in x], axis=1)


def _batch_sum(a: jax.Array) -> jax.Array:
    """Returns the sum over the batch, `[O, B] -> [O]`."""
    return _matrix_product(a, jnp.ones(a.shape[1]))


# By default, accelerators round the inputs of a matrix product too coarsely for the post's digits.
_matrix_product = partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)


@jax.jit
def _predict(params: Params, x: jax.Array, norm: Norm) -> jax.Array:
    return outputs(params, x.T, norm)[:, None]


@posts_numerics
def predict(params: Params, x: jax.Array, fixes: Fixes) -> jax.Array:
    """Returns the network's predictions.

    Args:
      x: `[N, D]`.

    Returns:
      `[N, 1]`. NaN where all units of a layer are equal and no epsilon is added to the divisor.
    """
    return _predict(params, jnp.asarray(x, jnp.float32), norm_of(fixes))
