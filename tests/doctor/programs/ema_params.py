"""Keeps an exponential moving average of the parameters for evaluation."""

import jax
import jax.numpy as jnp
import optax

STEPS = 60
DECAY = 0.9
optimizer = optax.sgd(0.1, momentum=0.9)


def init(key):
    """Returns initial parameters."""
    key_in, key_out = jax.random.split(key)
    return {
        "in": {"w": 0.5 * jax.random.normal(key_in, (5, 40)), "b": jnp.zeros((40,))},
        "out": {"w": 0.2 * jax.random.normal(key_out, (40, 3)), "b": jnp.zeros((3,))},
    }


def logits_of(params, x):
    """Returns the logits."""
    h = jax.nn.elu(x @ params["in"]["w"] + params["in"]["b"])
    return h @ params["out"]["w"] + params["out"]["b"]


def cross_entropy(params, x, labels):
    """Returns the mean cross-entropy."""
    losses = optax.softmax_cross_entropy_with_integer_labels(logits_of(params, x), labels)
    return losses.mean()


@jax.jit
def train_step(params, ema, opt_state, x, labels):
    """Updates the parameters and their average."""
    loss, grads = jax.value_and_grad(cross_entropy)(params, x, labels)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    ema = optax.incremental_update(params, ema, step_size=1.0 - DECAY)
    return params, ema, opt_state, loss


k_data, k_noise, k_params, k_batches = jax.random.split(jax.random.key(99), 4)
x = jax.random.normal(k_data, (300, 5))
scores = jnp.stack([x[:, 0] + x[:, 1], x[:, 2] ** 2, 0.5 - x[:, 3]], axis=1)
labels = jnp.argmax(scores + 0.1 * jax.random.normal(k_noise, scores.shape), axis=1)

params = init(k_params)
print(f"start: {cross_entropy(params, x, labels):.3f}")
ema = params
opt_state = optimizer.init(params)
for k in jax.random.split(k_batches, STEPS):
    rows = jax.random.choice(k, 300, (100,), replace=False)
    params, ema, opt_state, loss = train_step(params, ema, opt_state, x[rows], labels[rows])
print(f"last parameters: {cross_entropy(params, x, labels):.3f}")
print(f"averaged parameters: {cross_entropy(ema, x, labels):.3f}")
