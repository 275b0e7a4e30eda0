"""Trains a variational autoencoder on noisy rings."""

import jax
import jax.numpy as jnp
import optax

LATENTS = 2
STEPS = 100
optimizer = optax.adamw(5e-3, weight_decay=1e-4)


def dense_init(key, inputs, outputs):
    """Returns the kernel and bias of a dense layer."""
    kernel = jax.random.normal(key, (inputs, outputs)) / jnp.sqrt(inputs)
    return {"kernel": kernel, "bias": jnp.zeros(outputs)}


def dense(params, x):
    """Applies a dense layer."""
    return x @ params["kernel"] + params["bias"]


def encode(params, x):
    """Returns mean and log-variance of the latent."""
    hidden = jax.nn.silu(dense(params["enc_hidden"], x))
    return dense(params["enc_mean"], hidden), dense(params["enc_logvar"], hidden)


def decode(params, z):
    """Returns the reconstruction."""
    return dense(params["dec_out"], jax.nn.silu(dense(params["dec_hidden"], z)))


def negative_elbo(params, x, key):
    """Returns the reconstruction error plus the KL divergence."""
    mean, logvar = encode(params, x)
    z = mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, mean.shape)
    reconstruction = jnp.sum((decode(params, z) - x) ** 2, axis=-1) / (2 * 0.1)
    kl = -0.5 * jnp.sum(1 + logvar - mean**2 - jnp.exp(logvar), axis=-1)
    return jnp.mean(reconstruction + kl)


@jax.jit
def train_step(params, opt_state, x, key):
    """Updates the parameters."""
    loss, grads = jax.value_and_grad(negative_elbo)(params, x, key)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


key, angle_key, noise_key, *init_keys = jax.random.split(jax.random.key(2024), 8)
angle = jax.random.uniform(angle_key, (256,), maxval=2 * jnp.pi)
ring = jnp.stack([jnp.cos(angle), jnp.sin(angle), jnp.cos(2 * angle)], axis=1)
data = ring + 0.05 * jax.random.normal(noise_key, ring.shape)
sizes = {
    "enc_hidden": (3, 32),
    "enc_mean": (32, LATENTS),
    "enc_logvar": (32, LATENTS),
    "dec_hidden": (LATENTS, 32),
    "dec_out": (32, 3),
}
params = {
    name: dense_init(k, *size) for k, (name, size) in zip(init_keys, sizes.items(), strict=True)
}
opt_state = optimizer.init(params)
for step in range(STEPS):
    key, sample_key = jax.random.split(key)
    params, opt_state, loss = train_step(params, opt_state, data, sample_key)
    if step % 33 == 0:
        print(f"step {step}: negative ELBO {loss:.3f}")
