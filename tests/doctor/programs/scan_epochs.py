"""Runs all epochs and minibatches in two nested scans, compiled as one program."""

from functools import partial

import jax
import jax.numpy as jnp
import optax

NUM_EXAMPLES, BATCH_SIZE, NUM_EPOCHS = 512, 64, 10
optimizer = optax.adam(2e-2)


def apply(params, x):
    """Returns the logit of each row."""
    hidden = jax.nn.gelu(x @ params["w_in"] + params["b_in"])
    return hidden @ params["w_out"] + params["b_out"]


def loss_fn(params, x, labels):
    """Returns the binary cross-entropy."""
    return optax.sigmoid_binary_cross_entropy(apply(params, x), labels).mean()


def minibatch_step(x, labels, carry, rows):
    """Updates on one minibatch."""
    params, opt_state = carry
    loss, grads = jax.value_and_grad(loss_fn)(params, x[rows], labels[rows])
    updates, opt_state = optimizer.update(grads, opt_state)
    return (optax.apply_updates(params, updates), opt_state), loss


def epoch_step(x, labels, carry, _):
    """Shuffles the rows and updates on every minibatch."""
    params, opt_state, key = carry
    key, shuffle_key = jax.random.split(key)
    rows = jax.random.permutation(shuffle_key, NUM_EXAMPLES).reshape(-1, BATCH_SIZE)
    step = partial(minibatch_step, x, labels)
    (params, opt_state), losses = jax.lax.scan(step, (params, opt_state), rows)
    return (params, opt_state, key), losses.mean()


@jax.jit
def train(params, key, x, labels):
    """Returns the trained parameters and each epoch's mean loss."""
    carry = (params, optimizer.init(params), key)
    (params, _, _), losses = jax.lax.scan(
        partial(epoch_step, x, labels), carry, None, length=NUM_EPOCHS
    )
    return params, losses


key_x, key_in, key_out, key_train = jax.random.split(jax.random.key(7), 4)
x = jax.random.normal(key_x, (NUM_EXAMPLES, 2))
labels = (x[:, 0] * x[:, 1] > 0).astype(jnp.float32)
params = {
    "w_in": jax.random.normal(key_in, (2, 32)),
    "b_in": jnp.zeros(32),
    "w_out": jax.random.normal(key_out, (32,)) / jnp.sqrt(32),
    "b_out": jnp.zeros(()),
}
params, losses = train(params, key_train, x, labels)
print("loss by epoch:", losses)
