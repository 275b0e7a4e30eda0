"""Trains an Equinox MLP to tell two spirals apart."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def spirals(key, size):
    """Returns points of two spirals and their labels."""
    t_key, noise_key = jr.split(key)
    t = jr.uniform(t_key, (size,), minval=0.5, maxval=3.0)
    label = jnp.arange(size) % 2
    angle = t * 1.5 + jnp.pi * label
    points = jnp.stack([t * jnp.cos(angle), t * jnp.sin(angle)], axis=1)
    return points + 0.05 * jr.normal(noise_key, points.shape), label


@eqx.filter_value_and_grad
def compute_loss(model, x, y):
    """Returns the binary cross-entropy."""
    logits = jax.vmap(model)(x)
    return optax.sigmoid_binary_cross_entropy(logits, y).mean()


@eqx.filter_jit
def make_step(model, opt_state, x, y):
    """Returns the loss, the updated model, and the optimizer state."""
    loss, grads = compute_loss(model, x, y)
    updates, opt_state = optim.update(grads, opt_state, eqx.filter(model, eqx.is_inexact_array))
    model = eqx.apply_updates(model, updates)
    return loss, model, opt_state


data_key, model_key = jr.split(jr.PRNGKey(5678))
xs, ys = spirals(data_key, 256)
model = eqx.nn.MLP(
    in_size=2, out_size="scalar", width_size=32, depth=2, activation=jax.nn.gelu, key=model_key
)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for step in range(100):
    loss, model, opt_state = make_step(model, opt_state, xs, ys)
    if step % 33 == 0:
        print(f"step={step}, loss={loss}")
