"""Runs gradient descent in a while_loop until the gradient is small."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

MAX_STEPS = 100
TOLERANCE = 1e-3


class Fit(NamedTuple):
    """What the loop carries."""

    step: jax.Array
    params: dict
    velocity: dict
    gradient_norm: jax.Array


def loss_fn(params, t, y):
    """Returns the mean squared error of an exponential decay with offset."""
    curve = params["amplitude"] * jnp.exp(-params["rate"] * t) + params["offset"]
    return jnp.mean((curve - y) ** 2)


def global_norm(tree):
    """Returns the norm of all leaves together."""
    return jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree)))


@jax.jit
def fit(params, t, y):
    """Returns the state of the loop at its end."""

    def unfinished(state):
        return (state.step < MAX_STEPS) & (state.gradient_norm > TOLERANCE)

    def descend(state):
        grads = jax.grad(loss_fn)(state.params, t, y)
        velocity = jax.tree.map(lambda v, g: 0.8 * v - 0.2 * g, state.velocity, grads)
        params = jax.tree.map(jnp.add, state.params, velocity)
        return Fit(state.step + 1, params, velocity, global_norm(grads))

    velocity = jax.tree.map(jnp.zeros_like, params)
    start = Fit(jnp.asarray(0), params, velocity, jnp.asarray(jnp.inf))
    return jax.lax.while_loop(unfinished, descend, start)


t = jnp.linspace(0.0, 4.0, 80)
noise = 0.02 * jax.random.normal(jax.random.key(5), t.shape)
y = 2.0 * jnp.exp(-1.3 * t) + 0.5 + noise
start = {"amplitude": jnp.asarray(1.0), "rate": jnp.asarray(0.5), "offset": jnp.asarray(0.1)}
result = fit(start, t, y)
print(f"loss {loss_fn(start, t, y):.4f} -> {loss_fn(result.params, t, y):.4f}")
print(f"{result.step} steps, gradient norm {result.gradient_norm:.1e}")
print({name: round(value.item(), 3) for name, value in result.params.items()})
