"""Fits a sine with a two-layer network and plain gradient descent."""

import jax
import jax.numpy as jnp

EXAMPLES = 256
BATCH_SIZE = 32
EPOCHS = 12
LEARNING_RATE = 0.05


def init(key):
    """Returns the initial parameters."""
    key1, key2, key3 = jax.random.split(key, 3)
    return {
        "W1": jax.random.normal(key1, (1, 32)),
        "b1": jnp.zeros(32),
        "W2": jax.random.normal(key2, (32, 32)) / jnp.sqrt(32),
        "b2": jnp.zeros(32),
        "W3": jax.random.normal(key3, (32, 1)) / jnp.sqrt(32),
        "b3": jnp.zeros(1),
    }


def predict(params, x):
    """Returns the network's outputs."""
    h = jnp.tanh(x @ params["W1"] + params["b1"])
    h = jnp.tanh(h @ params["W2"] + params["b2"])
    return h @ params["W3"] + params["b3"]


@jax.jit
def loss(params, x, y):
    """Returns the mean squared error."""
    return jnp.mean((predict(params, x) - y) ** 2)


@jax.jit
def update(params, x, y):
    """Returns the parameters after one step of gradient descent."""
    grads = jax.grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, params, grads)


data_key, init_key, shuffle_key = jax.random.split(jax.random.key(0), 3)
x = jax.random.uniform(data_key, (EXAMPLES, 1), minval=-2.0, maxval=2.0)
y = jnp.sin(2.0 * x)

params = init(init_key)
print(f"start: {loss(params, x, y):.4f}")
for _ in range(EPOCHS):
    shuffle_key, epoch_key = jax.random.split(shuffle_key)
    order = jax.random.permutation(epoch_key, EXAMPLES)
    for start in range(0, EXAMPLES, BATCH_SIZE):
        rows = order[start : start + BATCH_SIZE]
        params = update(params, x[rows], y[rows])
print(f"end: {loss(params, x, y):.4f}")
