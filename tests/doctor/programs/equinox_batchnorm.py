"""Trains an Equinox convolution with BatchNorm, as in its stateful example."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class CNN(eqx.Module):
    """A convolution, BatchNorm, and a linear layer."""

    conv: eqx.nn.Conv1d
    norm: eqx.nn.BatchNorm
    linear: eqx.nn.Linear

    def __init__(self, key):
        conv_key, linear_key = jr.split(key)
        self.conv = eqx.nn.Conv1d(1, 8, kernel_size=5, padding=2, key=conv_key)
        self.norm = eqx.nn.BatchNorm(input_size=8, axis_name="batch", mode="batch")
        self.linear = eqx.nn.Linear(8, 3, key=linear_key)

    def __call__(self, x, state):
        x = self.conv(x)
        x, state = self.norm(x, state)
        x = jax.nn.relu(x).mean(axis=-1)
        return self.linear(x), state


def compute_loss(model, state, xs, ys):
    """Returns the cross-entropy and the new state."""
    batch_model = jax.vmap(model, axis_name="batch", in_axes=(0, None), out_axes=(0, None))
    logits, state = batch_model(xs, state)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, ys).mean()
    return loss, state


@eqx.filter_jit
def make_step(model, state, opt_state, xs, ys):
    """Updates the model and both states."""
    grads, state = eqx.filter_grad(compute_loss, has_aux=True)(model, state, xs, ys)
    updates, opt_state = optim.update(grads, opt_state)
    model = eqx.apply_updates(model, updates)
    return model, state, opt_state


def waves(key, size):
    """Returns noisy waves of three frequencies and their classes."""
    label_key, phase_key, noise_key = jr.split(key, 3)
    ys = jr.randint(label_key, (size,), 0, 3)
    phase = jr.uniform(phase_key, (size, 1), maxval=2 * jnp.pi)
    t = jnp.linspace(0, 1, 32)
    xs = jnp.sin(2 * jnp.pi * (2.0 + 3.0 * ys[:, None]) * t + phase)
    return (xs + 0.1 * jr.normal(noise_key, xs.shape))[:, None, :], ys


data_key, model_key = jr.split(jr.key(0))
xs, ys = waves(data_key, 192)
model, state = eqx.nn.make_with_state(CNN)(model_key)
optim = optax.adam(3e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
loss, _ = compute_loss(model, state, xs, ys)
print(f"start: {loss:.3f}")
for step in range(60):
    rows = slice(64 * (step % 3), 64 * (step % 3 + 1))
    model, state, opt_state = make_step(model, state, opt_state, xs[rows], ys[rows])
loss, _ = compute_loss(eqx.nn.inference_mode(model), state, xs, ys)
print(f"end: {loss:.3f}")
