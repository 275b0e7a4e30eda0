"""Trains a small GAN on samples of a one-dimensional normal distribution."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import optax

LATENT, BATCH, STEPS = 4, 64, 100
glorot = jax.nn.initializers.glorot_normal()
g_optimizer = optax.adam(2e-3, b1=0.5)
d_optimizer = optax.adam(4e-3, b1=0.5)


def init_mlp(key, sizes):
    """Returns a list of kernels and biases."""
    keys = jax.random.split(key, len(sizes) - 1)
    shapes = zip(keys, pairwise(sizes), strict=True)
    return [(glorot(k, shape), jnp.zeros(shape[1])) for k, shape in shapes]


def mlp(params, x):
    """Applies the layers with leaky ReLU in between."""
    for kernel, bias in params[:-1]:
        x = jax.nn.leaky_relu(x @ kernel + bias, 0.2)
    kernel, bias = params[-1]
    return x @ kernel + bias


def discriminator_loss(d_params, real, fake):
    """Returns the loss of telling real from fake samples."""
    on_real, on_fake = mlp(d_params, real), mlp(d_params, fake)
    return jnp.mean(jax.nn.softplus(-on_real)) + jnp.mean(jax.nn.softplus(on_fake))


def generator_loss(g_params, d_params, z):
    """Returns the non-saturating loss of the generator."""
    fake = mlp(g_params, z)
    return jnp.mean(jax.nn.softplus(-mlp(d_params, fake)))


@jax.jit
def train_step(state, key):
    """Updates the discriminator, then the generator."""
    g_params, d_params, g_opt, d_opt = state
    real_key, d_key, g_key = jax.random.split(key, 3)
    real = 2.0 + 0.5 * jax.random.normal(real_key, (BATCH, 1))
    fake = mlp(g_params, jax.random.normal(d_key, (BATCH, LATENT)))
    d_loss, d_grads = jax.value_and_grad(discriminator_loss)(d_params, real, fake)
    updates, d_opt = d_optimizer.update(d_grads, d_opt)
    d_params = optax.apply_updates(d_params, updates)

    z = jax.random.normal(g_key, (BATCH, LATENT))
    g_loss, g_grads = jax.value_and_grad(generator_loss)(g_params, d_params, z)
    updates, g_opt = g_optimizer.update(g_grads, g_opt)
    g_params = optax.apply_updates(g_params, updates)
    return (g_params, d_params, g_opt, d_opt), (d_loss, g_loss)


g_key, d_key, train_key, sample_key = jax.random.split(jax.random.key(0), 4)
g_params, d_params = init_mlp(g_key, [LATENT, 32, 1]), init_mlp(d_key, [1, 32, 32, 1])
state = (g_params, d_params, g_optimizer.init(g_params), d_optimizer.init(d_params))
for step, step_key in enumerate(jax.random.split(train_key, STEPS)):
    state, losses = train_step(state, step_key)
    if step % 25 == 0:
        print(f"step {step}: d_loss {losses[0]:.3f}, g_loss {losses[1]:.3f}")
samples = mlp(state[0], jax.random.normal(sample_key, (1000, LATENT)))
print(f"mean {samples.mean():.2f}, std {samples.std():.2f}")
