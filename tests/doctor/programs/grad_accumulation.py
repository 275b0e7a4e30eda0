"""Accumulates the gradients of four microbatches before each SGD update."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

ACCUMULATE = 4
MICROBATCH = 16
UPDATES = 25

rng = np.random.default_rng(7)
X = rng.normal(size=(512, 6)).astype(np.float32)
Y = np.tanh(X @ rng.normal(size=(6, 2))).astype(np.float32)


def init_params(key):
    """Returns the parameters."""
    hidden_key, out_key = jax.random.split(key)
    return {
        "hidden": jax.random.normal(hidden_key, (6, 32)) / jnp.sqrt(6.0),
        "out": jax.random.normal(out_key, (32, 2)) / jnp.sqrt(32.0),
    }


def loss_fn(params, x, y):
    """Returns the mean squared error."""
    predictions = jax.nn.swish(x @ params["hidden"]) @ params["out"]
    return jnp.mean((predictions - y) ** 2)


optimizer = optax.sgd(0.2)


@jax.jit
def accumulate(grads, params, x, y):
    """Adds the gradient of one microbatch."""
    loss, new = jax.value_and_grad(loss_fn)(params, x, y)
    return jax.tree.map(lambda total, g: total + g / ACCUMULATE, grads, new), loss


@jax.jit
def apply(params, opt_state, grads):
    """Applies the accumulated gradient."""
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


params = init_params(jax.random.key(0))
opt_state = optimizer.init(params)
print("first loss:", loss_fn(params, X, Y))
grads = jax.tree.map(jnp.zeros_like, params)
for update in range(UPDATES):
    for _ in range(ACCUMULATE):
        rows = rng.integers(0, len(X), size=MICROBATCH)
        grads, loss = accumulate(grads, params, X[rows], Y[rows])
    params, opt_state = apply(params, opt_state, grads)
    grads = jax.tree.map(jnp.zeros_like, grads)
    if update % 8 == 0:
        print(f"update {update}: loss {loss:.4f}")
print("last loss:", loss_fn(params, X, Y))
