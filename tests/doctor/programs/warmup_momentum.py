"""Warms up the learning rate of SGD with Nesterov momentum and then decays it."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import optax

WARMUP, STEPS = 10, 100
PEAK_LEARNING_RATE = 0.05

schedule = optax.join_schedules(
    [
        optax.linear_schedule(0.0, PEAK_LEARNING_RATE, transition_steps=WARMUP),
        optax.exponential_decay(PEAK_LEARNING_RATE, transition_steps=20, decay_rate=0.7),
    ],
    boundaries=[WARMUP],
)
optimizer = optax.sgd(schedule, momentum=0.9, nesterov=True)


def init(key):
    """Returns the parameters of a three-layer network."""
    sizes = [3, 32, 32, 1]
    params = []
    for inputs, outputs in pairwise(sizes):
        key, layer_key = jax.random.split(key)
        W = jax.random.normal(layer_key, (inputs, outputs)) * jnp.sqrt(2.0 / inputs)
        params.append({"W": W, "b": jnp.zeros(outputs)})
    return params


def predict(params, x):
    """Returns the predictions, [N]."""
    *hidden, last = params
    for layer in hidden:
        x = jax.nn.relu(x @ layer["W"] + layer["b"])
    return (x @ last["W"] + last["b"])[:, 0]


@jax.jit
def train_step(params, opt_state, x, y):
    """Returns the updated parameters and state with the loss before the update."""
    loss, grads = jax.value_and_grad(lambda p: jnp.mean((predict(p, x) - y) ** 2))(params)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


init_key, x_key = jax.random.split(jax.random.PRNGKey(4))
x = jax.random.normal(x_key, (200, 3))
y = jnp.maximum(x[:, 0], x[:, 1]) - 0.5 * x[:, 2]
params = init(init_key)
opt_state = optimizer.init(params)
losses = []
for _ in range(STEPS):
    params, opt_state, loss = train_step(params, opt_state, x, y)
    losses.append(loss)
print("every 20th loss:", jnp.stack(losses)[::20])
print("last loss:", losses[-1])
