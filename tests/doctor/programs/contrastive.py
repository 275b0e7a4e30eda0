"""Learns an embedding with the margin-based contrastive loss on labeled pairs."""

import jax
import jax.numpy as jnp
import optax

STEPS, PAIRS, MARGIN = 80, 64, 1.0
EPSILON = 1e-6
optimizer = optax.adam(5e-3)


def init(key):
    """Returns the parameters of the embedding network."""
    k1, k2 = jax.random.split(key)
    return {
        "w1": jax.random.normal(k1, (8, 32)) / jnp.sqrt(8),
        "b1": jnp.zeros(32),
        "w2": jax.random.normal(k2, (32, 2)) / jnp.sqrt(32),
    }


def embed(params, x):
    """Returns the embedding of each row."""
    return jnp.tanh(x @ params["w1"] + params["b1"]) @ params["w2"]


def distance(a, b):
    """Returns the Euclidean distance between rows."""
    return jnp.sqrt(jnp.sum((a - b) ** 2, axis=-1) + EPSILON)


def contrastive_loss(params, left, right, same):
    """Pulls equal labels together and pushes others at least MARGIN apart."""
    d = distance(embed(params, left), embed(params, right))
    return jnp.mean(jnp.where(same, d**2, jnp.maximum(MARGIN - d, 0.0) ** 2))


@jax.jit
def step(params, opt_state, left, right, same):
    """Takes one step."""
    loss, grads = jax.value_and_grad(contrastive_loss)(params, left, right, same)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


key = jax.random.key(8)
key, center_key, label_key, noise_key, init_key = jax.random.split(key, 5)
centers = jax.random.normal(center_key, (3, 8))
labels = jax.random.randint(label_key, (120,), 0, 3)
points = centers[labels] + 0.3 * jax.random.normal(noise_key, (120, 8))

params = init(init_key)
opt_state = optimizer.init(params)
for i in range(STEPS):
    key, pair_key = jax.random.split(key)
    left, right = jax.random.randint(pair_key, (2, PAIRS), 0, 120)
    same = labels[left] == labels[right]
    params, opt_state, loss = step(params, opt_state, points[left], points[right], same)
    if i % 20 == 0:
        print(f"step {i}: {loss:.4f}")
