# ruff: noqa: B905, D103, RUF007
"""Predicts bike rentals by the hour with dropout."""

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=6)
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--lr", type=float, default=3e-3)
parser.add_argument("--hidden", type=int, default=64)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()


def load_bikes(seed, n=720):
    rng = np.random.default_rng(seed)
    hour = rng.integers(0, 24, size=n)
    temperature = rng.normal(15, 8, size=n)
    humidity = rng.uniform(20, 100, size=n)
    weekend = rng.integers(0, 2, size=n)
    rush = np.exp(-((hour - 8) ** 2) / 6) + np.exp(-((hour - 17) ** 2) / 8)
    count = 200 * rush * (1 - 0.6 * weekend) + 4 * temperature - 0.5 * humidity
    count = count + rng.normal(0, 10, size=n)
    features = np.stack(
        [
            np.sin(2 * np.pi * hour / 24),
            np.cos(2 * np.pi * hour / 24),
            temperature,
            humidity,
            weekend,
        ],
        axis=1,
    )
    return features.astype(np.float32), count.astype(np.float32).reshape(-1, 1)


def split_data(features, count, fraction=0.8):
    n = int(fraction * len(features))
    mean, std = features[:n].mean(0), features[:n].std(0)
    scale = count[:n].std()
    center = count[:n].mean()
    features = (features - mean) / std
    count = (count - center) / scale
    return (features[:n], count[:n]), (features[n:], count[n:]), scale


def init_layer(key, n_in, n_out):
    return {
        "w": jax.random.normal(key, (n_in, n_out)) * np.sqrt(2.0 / n_in),
        "b": jnp.zeros(n_out),
    }


def init_model(key, sizes):
    layers = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        key, sub = jax.random.split(key)
        layers.append(init_layer(sub, n_in, n_out))
    return layers


def model(params, x, key=None):
    for layer in params[:-1]:
        x = jax.nn.relu(x @ layer["w"] + layer["b"])
        if key is not None:
            mask = jax.random.bernoulli(key, 0.9, x.shape)
            x = x * mask / 0.9
    out = x @ params[-1]["w"] + params[-1]["b"]
    return out[:, 0]


def loss_fn(params, x, y, key):
    pred = model(params, x, key)
    return jnp.mean((pred - y) ** 2)


@jax.jit
def evaluate(params, x, y):
    return jnp.mean(jnp.abs(model(params, x)[:, None] - y))


opt = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(args.lr))


@jax.jit
def train_step(params, opt_state, x, y, key):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y, key)
    updates, opt_state = opt.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    return params, opt_state, loss


features, count = load_bikes(args.seed)
(train_x, train_y), (test_x, test_y), scale = split_data(features, count)
key = jax.random.PRNGKey(args.seed)
key, init_key, drop_key = jax.random.split(key, 3)
params = init_model(init_key, [train_x.shape[1], args.hidden, args.hidden, 1])
opt_state = opt.init(params)
shuffle_rng = np.random.default_rng(args.seed + 1)

start = time.time()
for epoch in range(args.epochs):
    order = shuffle_rng.permutation(len(train_x))
    running = 0.0
    batches = 0
    for i in range(0, len(order), args.batch_size):
        idx = order[i : i + args.batch_size]
        params, opt_state, loss = train_step(
            params, opt_state, train_x[idx], train_y[idx], drop_key
        )
        running += loss.item()
        batches += 1
    mae = evaluate(params, test_x, test_y) * scale
    print(f"epoch {epoch + 1:2d}  train loss {running / batches:.4f}  test MAE {mae:.1f} bikes")
print(f"took {time.time() - start:.1f} s")
