"""The training loop of the post's final version, as its author would run it: the reference.

Python calls one compiled step in a loop. Python code also splits the keys, draws the permutations,
and slices the minibatches.
"""

from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import optax

from mlp_core.data.dataset import dataset, seed_keys
from mlp_core.settings import Settings


def _init(key, sizes):
    layers = []
    for inputs, outputs in pairwise(sizes):
        key, weight_key = jax.random.split(key)
        weight = jax.random.normal(weight_key, (outputs, inputs)) * jnp.sqrt(2.0 / inputs)
        layers.append({"W": weight, "b": jnp.zeros(outputs), "g": jnp.ones(outputs)})
    _, weight_key, bias_key = jax.random.split(key, 3)
    weight = jax.random.normal(weight_key, (1, sizes[-1])) * jnp.sqrt(2.0 / sizes[-1])
    return layers, {"W": weight, "b": jax.random.normal(bias_key, (1,))}


def _predict(params, x):
    layers, head = params
    for layer in layers:
        a = x @ layer["W"].T
        mean, std = a.mean(axis=1, keepdims=True), a.std(axis=1, keepdims=True)
        x = jax.nn.relu(layer["g"] * (a - mean) / (1e-5 + std) + layer["b"])
    return x @ head["W"].T + head["b"]


@jax.jit
def _loss(params, x, y):
    return jnp.mean((y - _predict(params, x)) ** 2)


@partial(jax.jit, static_argnames="optimizer")
def _step(optimizer, params, opt_state, x, y):
    gradient = jax.grad(_loss)(params, x, y)
    updates, opt_state = optimizer.update(gradient, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


_ADAMW = optax.adamw(0.01, weight_decay=0.001)


def train(settings: Settings) -> tuple[float, float]:
    """Returns the final train and validation loss; also computes losses every 100 steps."""
    x_train, y_train, x_val, y_val = jax.device_put(dataset(settings))
    _, params_key, key = seed_keys(settings.seed)
    params = _init(params_key, (settings.num_features, *settings.hidden))
    opt_state = _ADAMW.init(params)
    key, subkey = jax.random.split(key)
    order = jax.random.permutation(subkey, settings.num_train)
    start, size = 0, settings.batch_size
    for step in range(settings.steps):
        key, subkey = jax.random.split(key)
        rows = order[start : start + size]
        x, y = x_train[rows], y_train[rows]
        start += size
        if start >= settings.num_train:
            start = 0
            key, subkey = jax.random.split(key)
            order = jax.random.permutation(subkey, settings.num_train)
        params, opt_state = _step(_ADAMW, params, opt_state, x, y)
        if step % 100 == 0:
            _loss(params, x, y).item()
            _loss(params, x_train, y_train).item()
    return float(_loss(params, x_train, y_train)), float(_loss(params, x_val, y_val))
