"""Trains a one-block transformer to predict the next token of a repeating pattern."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

VOCABULARY, WIDTH, HEADS, CONTEXT, BATCH, STEPS = 8, 32, 4, 16, 16, 50
optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1e-2))


def init(key):
    """Returns the parameters."""
    shapes = {
        "token": (VOCABULARY, WIDTH),
        "position": (CONTEXT, WIDTH),
        "qkv": (WIDTH, 3 * WIDTH),
        "out": (WIDTH, WIDTH),
        "up": (WIDTH, 4 * WIDTH),
        "down": (4 * WIDTH, WIDTH),
        "head": (WIDTH, VOCABULARY),
    }
    keys = jax.random.split(key, len(shapes))
    return {
        name: jax.random.normal(k, shape) * shape[0] ** -0.5
        for k, (name, shape) in zip(keys, shapes.items(), strict=True)
    }


def layer_norm(x):
    """Normalizes the last axis."""
    mean = x.mean(axis=-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(x.var(axis=-1, keepdims=True) + 1e-5)


def forward(params, tokens):
    """Returns the logits of one sequence."""
    x = params["token"][tokens] + params["position"][: len(tokens)]
    q, k, v = jnp.split(layer_norm(x) @ params["qkv"], 3, axis=-1)
    q, k, v = (z.reshape(len(tokens), HEADS, -1) for z in (q, k, v))
    attended = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    x = x + attended.reshape(-1, WIDTH) @ params["out"]
    x = x + jax.nn.gelu(layer_norm(x) @ params["up"]) @ params["down"]
    return layer_norm(x) @ params["head"]


def loss_fn(params, tokens):
    """Returns the cross-entropy of the next tokens."""
    logits = jax.vmap(forward, in_axes=(None, 0))(params, tokens[:, :-1])
    return optax.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:]).mean()


@jax.jit
def train_step(params, opt_state, tokens):
    """Updates the parameters."""
    loss, grads = jax.value_and_grad(loss_fn)(params, tokens)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


rng = np.random.default_rng(0)
text = np.tile([0, 1, 2, 3, 2, 5, 6, 7, 1, 4], 100)
params = init(jax.random.key(1))
opt_state = optimizer.init(params)
for step in range(STEPS):
    starts = rng.integers(0, len(text) - CONTEXT, size=BATCH)
    tokens = np.stack([text[start : start + CONTEXT + 1] for start in starts])
    params, opt_state, loss = train_step(params, opt_state, tokens)
    if step % 10 == 0:
        print(f"{step:3d}: {loss:.3f}")
