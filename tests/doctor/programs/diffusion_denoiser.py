"""Trains the denoiser of a diffusion model on two moons."""

import jax
import jax.numpy as jnp
import optax

T, STEPS, BATCH, WIDTH = 50, 100, 128, 64
betas = jnp.linspace(1e-3, 0.15, T)
alphas_bar = jnp.cumprod(1.0 - betas)
optimizer = optax.adam(5e-3)


def init(key):
    """Returns the parameters of the denoiser."""
    keys = jax.random.split(key, 3)
    sizes = [(2 + 4, WIDTH), (WIDTH, WIDTH), (WIDTH, 2)]
    kernel = jax.nn.initializers.lecun_normal()
    return [(kernel(k, size), jnp.zeros(size[1])) for k, size in zip(keys, sizes, strict=True)]


def denoiser(params, x, t):
    """Returns the predicted noise."""
    angle = (t / T)[:, None] * jnp.array([1.0, 4.0])
    h = jnp.concatenate([x, jnp.sin(angle), jnp.cos(angle)], axis=1)
    for w, b in params[:-1]:
        h = jax.nn.silu(h @ w + b)
    w, b = params[-1]
    return h @ w + b


def moons(key):
    """Returns a batch of points on two half circles."""
    angle_key, noise_key = jax.random.split(key)
    angle = jax.random.uniform(angle_key, (BATCH,), maxval=jnp.pi)
    upper = (jnp.arange(BATCH) % 2)[:, None]
    circle = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    points = jnp.where(upper, circle, jnp.array([1.0, 0.5]) - circle)
    return points + 0.05 * jax.random.normal(noise_key, points.shape)


def loss_fn(params, x0, key):
    """Returns the mean squared error of the predicted noise at random times."""
    t_key, noise_key = jax.random.split(key)
    t = jax.random.randint(t_key, (BATCH,), 0, T)
    noise = jax.random.normal(noise_key, x0.shape)
    a = alphas_bar[t][:, None]
    return jnp.mean((denoiser(params, jnp.sqrt(a) * x0 + jnp.sqrt(1 - a) * noise, t) - noise) ** 2)


@jax.jit
def train_step(params, opt_state, key):
    """Draws a batch and updates the denoiser on it."""
    data_key, loss_key = jax.random.split(key)
    loss, grads = jax.value_and_grad(loss_fn)(params, moons(data_key), loss_key)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


init_key, train_key = jax.random.split(jax.random.key(0))
params = init(init_key)
opt_state = optimizer.init(params)
for i, key in enumerate(jax.random.split(train_key, STEPS)):
    params, opt_state, loss = train_step(params, opt_state, key)
    if i % 20 == 0 or i == STEPS - 1:
        print(f"step {i}: {loss:.3f}")
