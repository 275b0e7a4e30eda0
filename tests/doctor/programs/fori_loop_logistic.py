"""Fits a logistic regression with gradient descent in a fori_loop."""

import jax
import jax.numpy as jnp
import numpy as np

STEPS = 100
LEARNING_RATE = 1.0
EPSILON = 1e-6

rng = np.random.default_rng(0)
radius = rng.normal(14, 3, size=400)
texture = rng.normal(19, 4, size=400)
scanner = np.full(400, 2.0)
features = np.stack([radius, texture, scanner], axis=1).astype(np.float32)
logit = 0.9 * (radius - 14) + 0.2 * (texture - 19)
malignant = (rng.uniform(size=400) < 1 / (1 + np.exp(-logit))).astype(np.float32)


def standardize(x):
    """Returns columns with mean 0 and standard deviation 1; constant columns become 0."""
    return (x - x.mean(axis=0)) / (x.std(axis=0) + EPSILON)


def loss_fn(params, x, y):
    """Returns the negative log-likelihood with a small L2 penalty."""
    weights, bias = params
    logits = x @ weights + bias
    nll = jnp.mean(jax.nn.softplus(logits) - y * logits)
    return nll + 1e-3 * jnp.sum(weights**2)


@jax.jit
def fit(x, y):
    """Returns the parameters after all steps."""

    def body(_, params):
        grads = jax.grad(loss_fn)(params, x, y)
        return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, params, grads)

    initial = (jnp.zeros(x.shape[1]), jnp.zeros(()))
    return jax.lax.fori_loop(0, STEPS, body, initial)


x = standardize(jnp.asarray(features))
y = jnp.asarray(malignant)
params = fit(x, y)
print("loss of predicting one half:", loss_fn((jnp.zeros(3), 0.0), x, y))
print("loss after training:", loss_fn(params, x, y))
print("weights:", params[0])
accuracy = jnp.mean((x @ params[0] + params[1] > 0) == y)
print(f"accuracy: {accuracy:.3f}")
