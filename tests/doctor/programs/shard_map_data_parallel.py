"""Trains with shard_map over a mesh of all devices, each with a part of the minibatch."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

mesh = jax.make_mesh((jax.device_count(),), ("batch",))
optimizer = optax.adam(1e-2)
BATCH_SIZE = 64


def init(key):
    """Returns a list of weights and biases."""
    sizes = [2, 32, 32, 1]
    keys = jax.random.split(key, len(sizes) - 1)
    return [
        (jax.random.normal(k, (n_in, n_out)) / jnp.sqrt(n_in), jnp.zeros(n_out))
        for k, n_in, n_out in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]


def loss_on(params, x, y):
    """Returns the mean squared error of these rows."""
    for w, b in params[:-1]:
        x = jnp.tanh(x @ w + b)
    w, b = params[-1]
    return jnp.mean((x @ w + b - y) ** 2)


@partial(jax.shard_map, mesh=mesh, in_specs=(P(), P("batch"), P("batch")), out_specs=P())
def global_loss(params, x, y):
    """Returns the mean of all devices' losses."""
    return jax.lax.pmean(loss_on(params, x, y), "batch")


@jax.jit
def train_step(params, opt_state, x, y):
    """Updates the replicated parameters."""
    loss, grads = jax.value_and_grad(global_loss)(params, x, y)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


rng = np.random.default_rng(21)
x = rng.uniform(-1, 1, size=(512, 2)).astype(np.float32)
y = np.sin(3 * x[:, :1]) + x[:, 1:] ** 2

params = jax.device_put(init(jax.random.key(2)), NamedSharding(mesh, P()))
opt_state = optimizer.init(params)
sharding = NamedSharding(mesh, P("batch"))
for epoch in range(12):
    order = rng.permutation(len(x))
    for rows in order.reshape(-1, BATCH_SIZE):
        batch = jax.device_put((x[rows], y[rows]), sharding)
        params, opt_state, loss = train_step(params, opt_state, *batch)
    if epoch % 3 == 0:
        print(f"epoch {epoch}: loss {loss:.4f}")
