"""Classifies three clusters with a list of (weights, biases), as in the JAX tutorial."""

import jax.numpy as jnp
from jax import grad, jit, random, vmap
from jax.scipy.special import logsumexp

LAYER_SIZES = [2, 32, 16, 3]
STEP_SIZE = 0.2
BATCH_SIZE = 50
NUM_BATCHES = 6
NUM_EPOCHS = 8


def random_layer_params(m, n, key, scale=0.5):
    """Returns the weights and biases of one layer."""
    w_key, b_key = random.split(key)
    return scale * random.normal(w_key, (n, m)), scale * random.normal(b_key, (n,))


def init_network_params(sizes, key):
    """Returns the weights and biases of all layers."""
    keys = random.split(key, len(sizes) - 1)
    return [
        random_layer_params(m, n, k) for m, n, k in zip(sizes[:-1], sizes[1:], keys, strict=True)
    ]


def predict(params, point):
    """Returns the log-probabilities of the classes for one point."""
    activations = point
    for w, b in params[:-1]:
        activations = jnp.tanh(jnp.dot(w, activations) + b)
    w, b = params[-1]
    logits = jnp.dot(w, activations) + b
    return logits - logsumexp(logits)


batched_predict = vmap(predict, in_axes=(None, 0))


def loss(params, points, targets):
    """Returns the cross-entropy."""
    return -jnp.mean(jnp.sum(batched_predict(params, points) * targets, axis=1))


@jit
def update(params, points, targets):
    """Returns the parameters after one step."""
    grads = grad(loss)(params, points, targets)
    return [
        (w - STEP_SIZE * dw, b - STEP_SIZE * db)
        for (w, b), (dw, db) in zip(params, grads, strict=True)
    ]


label_key, noise_key, param_key = random.split(random.PRNGKey(0), 3)
labels = random.randint(label_key, (NUM_BATCHES * BATCH_SIZE,), 0, 3)
centers = jnp.array([[0.0, 1.5], [1.5, -1.0], [-1.5, -1.0]])
points = centers[labels] + 0.4 * random.normal(noise_key, (len(labels), 2))
targets = jnp.eye(3)[labels]

params = init_network_params(LAYER_SIZES, param_key)
print("initial loss", loss(params, points, targets))
for _ in range(NUM_EPOCHS):
    for i in range(NUM_BATCHES):
        rows = slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE)
        params = update(params, points[rows], targets[rows])
print("final loss", loss(params, points, targets))
