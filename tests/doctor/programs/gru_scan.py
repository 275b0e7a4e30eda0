"""Predicts the next value of sine waves with a GRU written as a scan."""

import jax
import jax.numpy as jnp
import optax

HIDDEN, LENGTH, BATCH, STEPS = 16, 24, 32, 60
optimizer = optax.adam(1e-2)
orthogonal = jax.nn.initializers.orthogonal()
lecun = jax.nn.initializers.lecun_normal()


def init(key):
    """Returns the parameters of the GRU and of its readout."""
    keys = iter(jax.random.split(key, 7))
    gates = {
        gate: {
            "input": lecun(next(keys), (1, HIDDEN)),
            "hidden": orthogonal(next(keys), (HIDDEN, HIDDEN)),
            "bias": jnp.zeros(HIDDEN),
        }
        for gate in ("update", "reset", "candidate")
    }
    return {"gates": gates, "readout": lecun(next(keys), (HIDDEN, 1)), "bias": jnp.zeros(1)}


def affine(gate, x, h):
    """Returns a gate's activation before its nonlinearity."""
    return x @ gate["input"] + h @ gate["hidden"] + gate["bias"]


def cell(params, h, x):
    """Returns the next hidden state and the output."""
    gates = params["gates"]
    z = jax.nn.sigmoid(affine(gates["update"], x, h))
    r = jax.nn.sigmoid(affine(gates["reset"], x, h))
    candidate = jnp.tanh(affine(gates["candidate"], x, r * h))
    h = (1 - z) * h + z * candidate
    return h, h @ params["readout"] + params["bias"]


def predict(params, xs):
    """Returns the outputs for one sequence, [T, 1]."""
    _, outputs = jax.lax.scan(lambda h, x: cell(params, h, x), jnp.zeros(HIDDEN), xs)
    return outputs


def loss_fn(params, waves):
    """Returns the mean squared error of the predicted next values."""
    outputs = jax.vmap(predict, in_axes=(None, 0))(params, waves[:, :-1])
    return jnp.mean((outputs - waves[:, 1:]) ** 2)


@jax.jit
def step(params, opt_state, waves):
    """Updates the parameters on a batch of waves."""
    loss, grads = jax.value_and_grad(loss_fn)(params, waves)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


init_key, phase_key = jax.random.split(jax.random.key(0))
params = init(init_key)
opt_state = optimizer.init(params)
for i, key in enumerate(jax.random.split(phase_key, STEPS)):
    phases = jax.random.uniform(key, (BATCH, 1), maxval=2 * jnp.pi)
    waves = jnp.sin(phases + 0.4 * jnp.arange(LENGTH + 1))[..., None]
    params, opt_state, loss = step(params, opt_state, waves)
    if i % 15 == 0 or i == STEPS - 1:
        print(f"{i:3d} {loss:.4f}")
