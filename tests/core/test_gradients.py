"""Losses and gradients, compared with NumPy in float64 and finite differences, per switch."""

from dataclasses import fields, replace

import jax
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from mlp_core import Fixes, Settings, init, predict
from mlp_core.engine.model import EPSILON, norm_of
from mlp_core.engine.update import loss_and_gradient

# With this key, no combination has a dead row in the batch below.
KEY = jax.random.PRNGKey(4)
SETTINGS = Settings(hidden=(4, 3), examples=100, batch_size=16)
EACH_SWITCH = [
    Fixes(),
    *(Fixes(**{field.name: True}) for field in fields(Fixes)),
    Fixes(norm_epsilon=True, epsilon_in_root=True),
    Fixes(**{field.name: True for field in fields(Fixes)}),
]


def numpy_loss(flat, unravel, x, y, fixes):
    """The post's forward pass in float64, with the batch axis first."""
    layers, head = jax.tree.map(lambda leaf: leaf, unravel(flat))
    for weight, bias, gain, pre_bias in layers:
        a = x @ weight.T
        if fixes.bias_before_norm:
            a = a + pre_bias
        centered = a - a.mean(axis=1, keepdims=True)
        variance = (centered**2).mean(axis=1, keepdims=True)
        if fixes.norm_epsilon and fixes.epsilon_in_root:
            scale = np.sqrt(variance + EPSILON)
        elif fixes.norm_epsilon:
            scale = np.sqrt(variance) + EPSILON
        else:
            scale = np.sqrt(variance)
        x = np.maximum(gain * centered / scale + bias, 0)
    return np.mean((x @ head[0].T + head[1] - y) ** 2)


def numpy_unravel(params):
    leaves, structure = jax.tree.flatten(params)
    ends = np.cumsum([leaf.size for leaf in leaves])[:-1]

    def unravel(flat):
        parts = np.split(flat, ends)
        shaped = [part.reshape(leaf.shape) for part, leaf in zip(parts, leaves, strict=True)]
        return jax.tree.unflatten(structure, shaped)

    return unravel


def numpy_gradient(flat, unravel, x, y, fixes, width=1e-6):
    slopes = np.empty_like(flat)
    for i in range(flat.size):
        ahead, behind = flat.copy(), flat.copy()
        ahead[i] += width
        behind[i] -= width
        difference = numpy_loss(ahead, unravel, x, y, fixes) - numpy_loss(
            behind, unravel, x, y, fixes
        )
        slopes[i] = difference / (2 * width)
    return slopes


@pytest.fixture
def batch():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(16, 5))
    return x, x.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("fixes", EACH_SWITCH, ids=str)
def test_loss_and_gradient_agree_with_numpy(fixes, batch):
    x, y = batch
    params = init(KEY, SETTINGS, fixes)
    # not 0, so that a wrong use of the vectors that start at 0 changes the result
    params = params._replace(
        layers=tuple(layer._replace(pre_bias=layer.bias + 0.3) for layer in params.layers)
    )
    flat, unravel = ravel_pytree(params)
    exact = np.asarray(flat, np.float64)

    loss, gradient = loss_and_gradient(
        flat, x.T.astype(np.float32), y[:, 0].astype(np.float32), 16, norm_of(fixes), unravel
    )

    unravel64 = numpy_unravel(params)
    assert float(loss) == pytest.approx(numpy_loss(exact, unravel64, x, y, fixes), rel=1e-5)
    expected = numpy_gradient(exact, unravel64, x, y, fixes)
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-4 * abs(expected).max())


def test_predictions_agree_with_numpy(batch):
    x, y = batch
    fixes = Fixes(split_keys=True, norm_epsilon=True, norm_init=True)
    params = init(KEY, SETTINGS, fixes)

    predictions = predict(params, x.astype(np.float32), fixes)

    assert predictions.shape == (16, 1)
    flat = np.asarray(ravel_pytree(params)[0], np.float64)
    loss = numpy_loss(flat, numpy_unravel(params), x, y, fixes)
    assert np.mean((np.asarray(predictions) - y) ** 2) == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize(
    ("fixes", "survives"),
    [
        (Fixes(), False),
        (Fixes(norm_epsilon=True), False),
        (Fixes(norm_epsilon=True, epsilon_in_root=True), True),
    ],
    ids=["no epsilon", "epsilon beside the root", "epsilon in the root"],
)
def test_a_dead_layer_has_a_gradient_only_with_epsilon_in_the_root(fixes, survives, batch):
    x, y = batch
    params = init(KEY, SETTINGS, replace(fixes, norm_init=True))
    dead = params.layers[0]._replace(bias=np.full(4, -1e3, np.float32))
    flat, unravel = ravel_pytree(params._replace(layers=(dead, *params.layers[1:])))

    _, gradient = loss_and_gradient(
        flat, x.T.astype(np.float32), y[:, 0].astype(np.float32), 16, norm_of(fixes), unravel
    )

    assert np.isfinite(gradient).all() == survives


def test_rows_beyond_the_count_change_nothing(batch):
    x, y = (array.astype(np.float32) for array in batch)
    flat, unravel = ravel_pytree(init(KEY, SETTINGS, Fixes()))
    x_filled = np.concatenate([x[:6], 9 * x[:10]])

    loss, gradient = loss_and_gradient(flat, x_filled.T, y[:, 0], 6, norm_of(Fixes()), unravel)

    alone = loss_and_gradient(flat, x[:6].T, y[:6, 0], 6, norm_of(Fixes()), unravel)
    np.testing.assert_allclose(loss, alone[0], rtol=1e-6)
    np.testing.assert_allclose(gradient, alone[1], rtol=1e-4, atol=1e-6)
