"""Fits a Poisson regression in a while_loop, skips extreme updates, and stops early."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

MAX_STEPS, PATIENCE, LIMIT = 400, 40, 50.0
optimizer = optax.adam(2e-2)


class Fit(NamedTuple):
    """What the loop carries."""

    step: jax.Array
    params: dict
    opt_state: optax.OptState
    best: jax.Array
    waited: jax.Array


def loss_fn(params, x, counts):
    """Returns the mean negative log likelihood, up to a constant."""
    log_rate = x @ params["weights"] + params["bias"]
    return jnp.mean(jnp.exp(log_rate) - counts * log_rate)


@jax.jit
def fit(params, x, counts, key):
    """Returns the state of the loop when the loss on a fixed subset has stopped falling."""

    def unfinished(state):
        return (state.step < MAX_STEPS) & (state.waited < PATIENCE)

    def advance(state):
        grads = jax.grad(loss_fn)(state.params, x, counts)
        updates, opt_state = optimizer.update(grads, state.opt_state)
        params, opt_state = jax.lax.cond(
            optax.global_norm(grads) < LIMIT,
            lambda: (optax.apply_updates(state.params, updates), opt_state),
            lambda: (state.params, state.opt_state),
        )
        # The same rows in every step, so that the losses can be compared.
        rows = jax.random.choice(key, len(x), (200,), replace=False)
        loss = loss_fn(params, x[rows], counts[rows])
        waited = jnp.where(loss < state.best - 1e-4, 0, state.waited + 1)
        return Fit(state.step + 1, params, opt_state, jnp.minimum(loss, state.best), waited)

    start = Fit(jnp.asarray(0), params, optimizer.init(params), jnp.inf, jnp.asarray(0))
    return jax.lax.while_loop(unfinished, advance, start)


@jax.jit
def sample(key, x, weights):
    """Returns a count for each row, with noise from a binomial distribution."""
    count_key, noise_key = jax.random.split(key)
    counts = jax.random.poisson(count_key, jnp.exp(x @ weights))
    return counts + jax.random.binomial(noise_key, 2.0, 0.1, counts.shape)


x_key, sample_key, fit_key = jax.random.split(jax.random.key(4), 3)
x = jax.random.normal(x_key, (500, 3))
counts = sample(sample_key, x, jnp.array([0.6, -0.4, 0.2]))
start = {"weights": jnp.zeros(3), "bias": jnp.zeros(())}
result = fit(start, x, counts, fit_key)
print(f"loss {loss_fn(start, x, counts):.4f} -> {loss_fn(result.params, x, counts):.4f}")
print(f"{result.step} steps, weights {result.params['weights'].round(2)}")
