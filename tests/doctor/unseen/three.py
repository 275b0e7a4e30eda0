# ruff: noqa: D101, D103, RUF059
"""Classifies gestures of different lengths with a recurrent network."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

SEQ, FEATURES, CLASSES = 40, 3, 4
HIDDEN = 24
LR = 5e-3


class Batch(NamedTuple):
    x: np.ndarray
    y: np.ndarray
    mask: np.ndarray


def synth_gestures(n, seed):
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(n):
        label = int(rng.integers(CLASSES))
        length = int(rng.integers(20, SEQ + 1))
        t = np.arange(length) / 10.0
        freq = 1.0 + label
        wave = np.stack([np.sin(freq * t), np.cos(freq * t), np.full(length, label % 2)], axis=1)
        out.append((wave + 0.2 * rng.normal(size=wave.shape), label))
    return out


def collate(samples):
    longest = max(len(x) for x, _ in samples)
    xs = np.zeros((len(samples), longest, FEATURES), np.float32)
    mask = np.zeros((len(samples), longest), np.float32)
    for row, (x, _) in enumerate(samples):
        xs[row, : len(x)] = x
        mask[row, : len(x)] = 1.0
    return Batch(xs, np.array([y for _, y in samples]), mask)


def batches(data, size, rng):
    order = rng.permutation(len(data))
    for b in range(len(data) // size):
        yield collate([data[j] for j in order[b * size : (b + 1) * size]])


def glorot(key, shape):
    limit = math.sqrt(6 / sum(shape))
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


def init_params(key):
    k_in, k_rec, k_att, k_out = jax.random.split(key, 4)
    return {
        "in": glorot(k_in, (FEATURES, HIDDEN)),
        "rec": 0.9 * jnp.eye(HIDDEN) + 0.01 * jax.random.normal(k_rec, (HIDDEN, HIDDEN)),
        "b": jnp.zeros(HIDDEN),
        "att": glorot(k_att, (HIDDEN, 1)),
        "out": glorot(key, (HIDDEN, CLASSES)),
        "out_b": jnp.zeros(CLASSES),
    }


def encode(params, x):
    def cell(h, x_t):
        h = jnp.tanh(x_t @ params["in"] + h @ params["rec"] + params["b"])
        return h, h

    _, hs = jax.lax.scan(cell, jnp.zeros(HIDDEN), x)
    return hs


def logits_of(params, x, mask):
    hs = jax.vmap(encode, in_axes=(None, 0))(params, x)
    scores = jnp.where(mask > 0, (hs @ params["att"])[..., 0], -1e9)
    weights = jax.nn.softmax(scores, axis=1)
    pooled = jax.lax.stop_gradient(jnp.einsum("bt,bth->bh", weights, hs))
    return pooled @ params["out"] + params["out_b"]


def loss_fn(params, batch):
    logits = logits_of(params, batch.x, batch.mask)
    return optax.softmax_cross_entropy_with_integer_labels(logits, batch.y).mean()


tx = optax.adam(LR)


@jax.jit
def step(params, opt_state, batch):
    loss, grads = jax.value_and_grad(loss_fn)(params, batch)
    updates, opt_state = tx.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


@jax.jit
def accuracy(params, batch):
    return (logits_of(params, batch.x, batch.mask).argmax(-1) == batch.y).mean()


train, test = synth_gestures(160, seed=0), synth_gestures(60, seed=1)
test_batch = collate(test)
params = init_params(jax.random.PRNGKey(17))
opt_state = tx.init(params)
rng = np.random.default_rng(2)
history = []
for epoch in range(5):
    for batch in batches(train, 8, rng):
        params, _, loss = step(params, opt_state, batch)
        history.append(loss)
    test_acc = accuracy(params, test_batch)
    print(f"epoch {epoch}: loss {float(history[-1]):.3f} test accuracy {float(test_acc):.3f}")
print("mean of the last epoch", float(jnp.stack(history[-20:]).mean()))
