"""Solves the ordinary differential equation u' = -u cos(t), u(0) = 1 with a network."""

import jax
import jax.numpy as jnp
import optax

STEPS = 100
LEARNING_RATE = 1e-2
optimizer = optax.adam(optax.cosine_decay_schedule(LEARNING_RATE, STEPS, alpha=0.1))


def init(key):
    """Returns the network's parameters."""
    k1, k2, k3 = jax.random.split(key, 3)
    return {
        "w1": jax.random.normal(k1, (32,)),
        "b1": jax.random.normal(k2, (32,)),
        "w2": jax.random.normal(k3, (32,)) / jnp.sqrt(32),
    }


def u(params, t):
    """Returns the solution at one time; it is 1 at t = 0 by construction."""
    return 1.0 + t * jnp.tanh(params["w1"] * t + params["b1"]) @ params["w2"]


def residual(params, t):
    """Returns by how much the equation is violated at one time."""
    du_dt = jax.grad(u, argnums=1)(params, t)
    return du_dt + u(params, t) * jnp.cos(t)


def loss_fn(params, times):
    """Returns the mean squared residual at the collocation points."""
    return jnp.mean(jax.vmap(residual, in_axes=(None, 0))(params, times) ** 2)


@jax.jit
def train_step(params, opt_state, key):
    """Updates the parameters on freshly drawn collocation points."""
    times = jax.random.uniform(key, (64,), minval=0.0, maxval=3.0)
    loss, grads = jax.value_and_grad(loss_fn)(params, times)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


init_key, key = jax.random.split(jax.random.key(10))
params = init(init_key)
opt_state = optimizer.init(params)
for step in range(STEPS):
    key, points_key = jax.random.split(key)
    params, opt_state, loss = train_step(params, opt_state, points_key)
    if step % 25 == 0 or step == STEPS - 1:
        print(f"step {step}: residual {loss:.5f}")
t = jnp.linspace(0.0, 3.0, 31)
solution = jax.vmap(u, in_axes=(None, 0))(params, t)
print("largest error:", jnp.abs(solution - jnp.exp(-jnp.sin(t))).max())
