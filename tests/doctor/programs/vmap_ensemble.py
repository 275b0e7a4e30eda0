"""Trains an ensemble of four networks at once with vmap."""

import jax
import jax.numpy as jnp
import optax

MEMBERS = 4
STEPS = 80
optimizer = optax.adam(1e-2)


def init(key):
    """Returns the parameters of one member."""
    k1, k2 = jax.random.split(key)
    return [
        (jax.random.normal(k1, (1, 24)), jnp.zeros(24)),
        (jax.random.normal(k2, (24, 1)) / jnp.sqrt(24), jnp.zeros(1)),
    ]


def predict(params, x):
    """Returns one member's predictions."""
    (w1, b1), (w2, b2) = params
    return jnp.tanh(x @ w1 + b1) @ w2 + b2


def loss_fn(params, x, y):
    """Returns one member's mean squared error."""
    return jnp.mean(jnp.square(predict(params, x) - y))


def update(params, opt_state, x, y):
    """Updates one member."""
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


update_all = jax.jit(jax.vmap(update, in_axes=(0, 0, None, None)))

init_key, x_key, noise_key = jax.random.split(jax.random.key(3), 3)
x = jax.random.uniform(x_key, (128, 1), minval=-1, maxval=1)
y = x**3 - x + 0.02 * jax.random.normal(noise_key, x.shape)

params = jax.vmap(init)(jax.random.split(init_key, MEMBERS))
opt_state = jax.vmap(optimizer.init)(params)
history = []
for _ in range(STEPS):
    params, opt_state, losses = update_all(params, opt_state, x, y)
    history.append(losses)

print("first losses:", history[0])
print("last losses:", history[-1])
spread = jax.vmap(predict, in_axes=(0, None))(params, jnp.array([[0.5], [2.0]])).std(axis=0)
print("spread inside and outside of the data:", spread.ravel())
