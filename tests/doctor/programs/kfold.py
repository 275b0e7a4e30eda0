"""Compares two widths by five-fold cross-validation."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

FOLDS = 5
STEPS = 60
optimizer = optax.adam(2e-2)


def init(key, width):
    """Returns the parameters of a network of this width."""
    key1, key2 = jax.random.split(key)
    return {
        "w1": jax.random.normal(key1, (3, width)) / jnp.sqrt(3),
        "b1": jnp.zeros(width),
        "w2": jax.random.normal(key2, (width, 1)) / jnp.sqrt(width),
        "b2": jnp.zeros(1),
    }


def mse(params, x, y):
    """Returns the mean squared error."""
    prediction = jax.nn.softplus(x @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]
    return jnp.mean((prediction - y) ** 2)


@partial(jax.jit, static_argnames="width")
def fit_and_score(key, width, train, held_out):
    """Trains on the training rows and returns the error on the others."""

    def step(carry, _):
        params, opt_state = carry
        loss, grads = jax.value_and_grad(mse)(params, *train)
        updates, opt_state = optimizer.update(grads, opt_state)
        return (optax.apply_updates(params, updates), opt_state), loss

    params = init(key, width)
    carry = (params, optimizer.init(params))
    (params, _), losses = jax.lax.scan(step, carry, length=STEPS)
    return mse(params, *held_out), losses


rng = np.random.default_rng(0)
x = rng.normal(size=(150, 3)).astype(np.float32)
y = (np.abs(x[:, :1]) + x[:, 1:2] + 0.1 * rng.normal(size=(150, 1))).astype(np.float32)
folds = np.split(rng.permutation(150), FOLDS)

fold_keys = jax.random.split(jax.random.key(0), (2, FOLDS))
for width, keys in zip((2, 16), fold_keys, strict=True):
    scores = []
    for i, key in enumerate(keys):
        train = np.concatenate(folds[:i] + folds[i + 1 :])
        score, losses = fit_and_score(key, width, (x[train], y[train]), (x[folds[i]], y[folds[i]]))
        scores.append(score)
    scores = jnp.stack(scores)
    print(f"width {width}: {scores.mean():.4f} +- {scores.std():.4f}")
print(f"the last fold's training loss: {losses[0]:.4f} -> {losses[-1]:.4f}")
