"""Computes in float16 with a constant loss scale and keeps the parameters in float32."""

import jax
import jax.numpy as jnp
import optax

COMPUTE_DTYPE = jnp.float16
LOSS_SCALE = 128.0
STEPS = 80
EPSILON = 1e-3
optimizer = optax.adam(1e-2)


def init(key):
    """Returns float32 parameters."""
    k1, k2, k3 = jax.random.split(key, 3)
    return {
        "w1": jax.random.normal(k1, (4, 32)) / 2.0,
        "w2": jax.random.normal(k2, (32, 32)) / jnp.sqrt(32.0),
        "w3": jax.random.normal(k3, (32, 1)) / jnp.sqrt(32.0),
    }


def normalize(x):
    """Returns rows with mean square 1."""
    return x / jnp.sqrt(jnp.mean(x**2, axis=-1, keepdims=True) + EPSILON)


def predict(params, x):
    """Returns float32 predictions that were computed in half precision."""
    params = jax.tree.map(lambda p: p.astype(COMPUTE_DTYPE), params)
    h = jnp.tanh(normalize(x.astype(COMPUTE_DTYPE)) @ params["w1"])
    h = jnp.tanh(h @ params["w2"])
    return (h @ params["w3"]).astype(jnp.float32)


def scaled_loss(params, x, y):
    """Returns the mean squared error times the loss scale."""
    return LOSS_SCALE * jnp.mean((predict(params, x) - y) ** 2)


@jax.jit
def train_step(params, opt_state, x, y):
    """Updates the float32 parameters with unscaled gradients."""
    loss, grads = jax.value_and_grad(scaled_loss)(params, x, y)
    grads = jax.tree.map(lambda g: g / LOSS_SCALE, grads)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss / LOSS_SCALE


data_key, init_key = jax.random.split(jax.random.key(16))
x = jax.random.normal(data_key, (256, 4))
x = x.at[::32].set(0.0)
y = jnp.where(x[:, :1] > x[:, 1:2], 1.0, -1.0) * jnp.any(x != 0.0, axis=1, keepdims=True)
params = init(init_key)
opt_state = optimizer.init(params)
for step in range(STEPS):
    params, opt_state, loss = train_step(params, opt_state, x, y)
    if step % 20 == 0 or step == STEPS - 1:
        print(f"step {step:2d}  loss {loss:.4f}")
