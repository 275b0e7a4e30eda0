"""Classifies rings with dropout, written out in plain JAX."""

import jax
import jax.numpy as jnp
import optax

DROP_RATE = 0.2
optimizer = optax.adam(3e-3)


def dropout(key, x, rate):
    """Sets a share of the units to zero and scales up the others."""
    keep = jax.random.bernoulli(key, 1.0 - rate, x.shape)
    return jnp.where(keep, x / (1.0 - rate), 0.0)


def forward(params, x, dropout_key=None):
    """Returns logits; drops units if a key is given."""
    for i, layer in enumerate(params[:-1]):
        x = jax.nn.relu(x @ layer["w"] + layer["b"])
        if dropout_key is not None:
            x = dropout(jax.random.fold_in(dropout_key, i), x, DROP_RATE)
    return x @ params[-1]["w"] + params[-1]["b"]


def loss_fn(params, x, labels, dropout_key):
    """Returns the cross-entropy with dropout."""
    logits = forward(params, x, dropout_key)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


@jax.jit
def step(params, opt_state, x, labels, dropout_key):
    """Returns the updated parameters and optimizer state."""
    grads = jax.grad(loss_fn)(params, x, labels, dropout_key)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state


@jax.jit
def accuracy(params, x, labels):
    """Returns the share of correct predictions."""
    return jnp.mean(forward(params, x).argmax(axis=-1) == labels)


def main():
    """Trains for 100 steps."""
    key, data_key, *layer_keys = jax.random.split(jax.random.key(11), 5)
    x = jax.random.normal(data_key, (400, 2))
    labels = (jnp.linalg.norm(x, axis=1) > 1.2).astype(jnp.int32)
    shapes = [(2, 64), (64, 64), (64, 2)]
    params = [
        {"w": jax.nn.initializers.he_normal()(k, shape), "b": jnp.zeros(shape[1])}
        for k, shape in zip(layer_keys, shapes, strict=True)
    ]
    opt_state = optimizer.init(params)
    print("accuracy before:", accuracy(params, x, labels))
    for _ in range(100):
        key, dropout_key = jax.random.split(key)
        params, opt_state = step(params, opt_state, x, labels, dropout_key)
    print("accuracy after:", accuracy(params, x, labels))


if __name__ == "__main__":
    main()
