"""Donates the old parameters and optimizer state to the compiled update."""

from functools import partial

import jax
import jax.numpy as jnp
import optax

BATCH_SIZE = 128
TOTAL_STEPS = 60


def learning_rate(step):
    """Returns the learning rate, which decays linearly."""
    return 0.02 * (1.0 - step / TOTAL_STEPS)


optimizer = optax.scale_by_adam()


def network(params, x):
    """Returns the predictions."""
    x = jnp.tanh(x @ params["layer1"]["w"] + params["layer1"]["b"])
    x = jnp.tanh(x @ params["layer2"]["w"] + params["layer2"]["b"])
    return x @ params["layer3"]["w"]


@partial(jax.jit, donate_argnames=("params", "opt_state"))
def train_step(params, opt_state, x, y, step):
    """Returns the new parameters, optimizer state, and loss."""

    def loss_fn(params):
        return jnp.mean(jnp.abs(network(params, x) - y))

    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    updates = jax.tree.map(lambda u: -learning_rate(step) * u, updates)
    return optax.apply_updates(params, updates), opt_state, loss


def sample_batch(key):
    """Returns a fresh minibatch."""
    x = jax.random.uniform(key, (BATCH_SIZE, 2), minval=-1.0, maxval=1.0)
    return x, jnp.sin(2.0 * x[:, :1]) + x[:, 1:]


k1, k2, k3, batch_key = jax.random.split(jax.random.key(31), 4)
xavier = jax.nn.initializers.xavier_uniform()
params = {
    "layer1": {"w": xavier(k1, (2, 32)), "b": jnp.zeros(32)},
    "layer2": {"w": xavier(k2, (32, 32)), "b": jnp.zeros(32)},
    "layer3": {"w": xavier(k3, (32, 1))},
}
opt_state = optimizer.init(params)
for step in range(TOTAL_STEPS):
    batch_key, key = jax.random.split(batch_key)
    x, y = sample_batch(key)
    params, opt_state, loss = train_step(params, opt_state, x, y, step)
    if step in (0, 20, 40, TOTAL_STEPS - 1):
        print(step, loss)
