# ruff: noqa: D101, D103
"""Recommends items with two towers and a pairwise ranking loss."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax

CONFIG = {
    "dim": 4,
    "items": 60,
    "users": 40,
    "neg": 4,
    "lr": 0.02,
    "iters": 60,
    "decay": 1e-4,
    "log_every": 20,
}


def make_interactions(cfg):
    rng = np.random.RandomState(1234)
    taste = rng.randint(0, 4, cfg["users"])
    genre = rng.randint(0, 4, cfg["items"])
    pairs = []
    for u in range(cfg["users"]):
        liked = np.where(genre == taste[u])[0]
        for item in rng.choice(liked, size=min(6, len(liked)), replace=False):
            pairs.append((u, item))
    pairs = np.array(pairs)
    rng.shuffle(pairs)
    return pairs, taste, genre


def init_embeddings(key, cfg):
    k_user, k_item, k_tower = jax.random.split(key, 3)
    scale = 0.1
    params = {
        "user": scale * jax.random.normal(k_user, (cfg["users"], cfg["dim"])),
        "item": scale * jax.random.normal(k_item, (cfg["items"], cfg["dim"])),
        "tower_u": jax.random.normal(k_tower, (cfg["dim"], cfg["dim"])) / 4.0,
        "tower_i": jax.random.normal(k_tower, (cfg["dim"], cfg["dim"])) / 4.0,
        "bias": jnp.zeros(cfg["items"]),
    }
    return params


def normalize(v):
    return v / jnp.sqrt(jnp.sum(v**2, axis=-1, keepdims=True))


def score(params, users, items):
    u = jax.nn.relu(params["user"][users] @ params["tower_u"])
    i = jax.nn.relu(params["item"][items] @ params["tower_i"])
    return 5.0 * jnp.sum(normalize(u) * normalize(i), -1) + params["bias"][items]


def bpr_loss(params, users, pos, neg, decay):
    s_pos = score(params, users, pos)
    s_neg = score(params, users[:, None], neg)
    ranking = -jnp.mean(jax.nn.log_sigmoid(s_pos[:, None] - s_neg))
    penalty = sum(jnp.sum(p**2) for p in jax.tree.leaves(params))
    return ranking + decay * penalty


class Recommender:
    def __init__(self, cfg, key):
        self.cfg = cfg
        self.params = init_embeddings(key, cfg)
        self.tx = optax.adamw(cfg["lr"])
        self.opt_state = self.tx.init(self.params)
        self.grad_fn = jax.value_and_grad(functools.partial(bpr_loss, decay=cfg["decay"]))

    def fit_batch(self, users, pos, neg):
        loss, grads = self.grad_fn(self.params, users, pos, neg)
        updates, self.opt_state = self.tx.update(grads, self.opt_state, self.params)
        self.params = optax.apply_updates(self.params, updates)
        return loss

    def top(self, user, k=5):
        items = jnp.arange(self.cfg["items"])
        scores = score(self.params, jnp.full(self.cfg["items"], user), items)
        return jnp.argsort(-scores)[:k]


def sample_negatives(key, cfg, n):
    return jax.random.randint(key, (n, cfg["neg"]), 0, cfg["items"])


def hit_rate(model, taste, genre):
    hits = []
    for user in range(0, model.cfg["users"], 4):
        hits.append(np.mean(genre[np.array(model.top(user))] == taste[user]))
    return float(np.mean(hits))


def main():
    cfg = CONFIG
    key = jax.random.key(0)
    pairs, taste, genre = make_interactions(cfg)
    key, model_key = jax.random.split(key)
    model = Recommender(cfg, model_key)
    batch = 64
    cursor = 0
    for it in range(cfg["iters"]):
        if cursor + batch > len(pairs):
            cursor = 0
        chunk = pairs[cursor : cursor + batch]
        cursor += batch
        key, neg_key = jax.random.split(key)
        negatives = sample_negatives(neg_key, cfg, len(chunk))
        loss = model.fit_batch(chunk[:, 0], chunk[:, 1], negatives)
        if it % cfg["log_every"] == 0:
            print("iter", it, "loss", loss)
    print("hit rate@5", hit_rate(model, taste, genre))


if __name__ == "__main__":
    main()
