"""Freezes a pretrained backbone and trains a new head with optax.multi_transform."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def features(backbone, x):
    """Returns the features of the backbone."""
    return jnp.tanh(x @ backbone["kernel"] + backbone["bias"])


def predict(params, x):
    """Returns the logits."""
    return features(params["backbone"], x) @ params["head"]["kernel"] + params["head"]["bias"]


def loss_fn(params, x, labels):
    """Returns the cross-entropy."""
    return optax.softmax_cross_entropy_with_integer_labels(predict(params, x), labels).mean()


optimizer = optax.multi_transform(
    {"train": optax.adam(3e-2), "freeze": optax.set_to_zero()},
    {"backbone": "freeze", "head": "train"},
)


@jax.jit
def train_step(params, opt_state, x, labels):
    """Updates the head."""
    loss, grads = jax.value_and_grad(loss_fn)(params, x, labels)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


rng = np.random.default_rng(77)
pretrained = {
    "kernel": jnp.asarray(rng.normal(size=(6, 48)) / np.sqrt(6), dtype=jnp.float32),
    "bias": jnp.asarray(rng.uniform(-1, 1, size=48), dtype=jnp.float32),
}
x = rng.normal(size=(256, 6)).astype(np.float32)
labels = np.digitize(x[:, 0] + x[:, 1] * x[:, 2], [-0.7, 0.7])

head = {
    "kernel": jax.nn.initializers.lecun_normal()(jax.random.key(0), (48, 3)),
    "bias": jnp.zeros(3),
}
params = {"backbone": pretrained, "head": head}
opt_state = optimizer.init(params)
print("before:", loss_fn(params, x, labels))
for step in range(100):
    batch = slice(64 * (step % 4), 64 * (step % 4) + 64)
    params, opt_state, loss = train_step(params, opt_state, x[batch], labels[batch])
print("after:", loss_fn(params, x, labels))
