"""Fits a small network to all rows at once with optax.lbfgs."""

import jax
import jax.numpy as jnp
import optax

MAX_ITERATIONS = 25


def init(key):
    """Returns the initial parameters."""
    key1, key2 = jax.random.split(key)
    return {
        "w1": jax.random.normal(key1, (2, 12)),
        "b1": jnp.zeros(12),
        "w2": jax.random.normal(key2, (12,)) / jnp.sqrt(12),
        "b2": jnp.zeros(()),
    }


x = jnp.stack(jnp.meshgrid(jnp.linspace(-1, 1, 12), jnp.linspace(-1, 1, 12)), -1).reshape(-1, 2)
y = jnp.cos(2 * x[:, 0]) * x[:, 1]


def objective(params):
    """Returns the mean squared error over all rows."""
    prediction = jnp.tanh(x @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]
    return jnp.mean((prediction - y) ** 2)


solver = optax.lbfgs(memory_size=10)
value_and_grad = optax.value_and_grad_from_state(objective)


@jax.jit
def iteration(params, state):
    """Takes one step with a line search."""
    value, grad = value_and_grad(params, state=state)
    updates, state = solver.update(grad, state, params, value=value, grad=grad, value_fn=objective)
    params = optax.apply_updates(params, updates)
    return params, state, value


params = init(jax.random.key(0))
state = solver.init(params)
print(f"Objective function: {objective(params):.2E}")
for i in range(MAX_ITERATIONS):
    params, state, value = iteration(params, state)
    if i % 5 == 4:
        print(f"Objective function: {value:.2E}")
print(f"Objective function: {objective(params):.2E}")
