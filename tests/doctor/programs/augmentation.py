"""Classifies tiny images, which are shifted and made noisy anew in each step."""

import jax
import jax.numpy as jnp
import optax

SIDE, CLASSES, BATCH, STEPS = 8, 4, 48, 60
optimizer = optax.rmsprop(1e-2)


def augment(key, image):
    """Returns the image shifted by up to one pixel, with noise."""
    shift_key, noise_key = jax.random.split(key)
    shift = jax.random.randint(shift_key, (2,), -1, 2)
    image = jnp.roll(image, shift, axis=(0, 1))
    return image + 0.1 * jax.random.normal(noise_key, image.shape)


def logits_of(params, images):
    """Returns logits of a convolution, global pooling, and a dense layer."""
    x = jax.lax.conv_general_dilated(
        images[..., None],
        params["conv"],
        (1, 1),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    x = jax.nn.leaky_relu(x + params["conv_bias"]).mean(axis=(1, 2))
    return x @ params["dense"] + params["dense_bias"]


def loss_fn(params, images, labels):
    """Returns the cross-entropy."""
    logits = logits_of(params, images)
    return optax.softmax_cross_entropy(logits, jax.nn.one_hot(labels, CLASSES)).mean()


@jax.jit
def train_step(params, opt_state, key, step, images, labels):
    """Augments the images with this step's key and updates the parameters."""
    keys = jax.random.split(jax.random.fold_in(key, step), BATCH)
    images = jax.vmap(augment)(keys, images)
    loss, grads = jax.value_and_grad(loss_fn)(params, images, labels)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


conv_key, dense_key, augment_key = jax.random.split(jax.random.key(0), 3)
params = {
    "conv": jax.random.normal(conv_key, (3, 3, 1, 16)) / 3.0,
    "conv_bias": jnp.zeros(16),
    "dense": jax.random.normal(dense_key, (16, CLASSES)) / 4.0,
    "dense_bias": jnp.zeros(CLASSES),
}
rows, columns = jnp.mgrid[:SIDE, :SIDE]
patterns = [rows % 4 < 2, columns % 4 < 2, (rows + columns) % 4 < 2, (rows + columns) % 2 == 0]
labels = jnp.arange(BATCH) % CLASSES
images = jnp.stack(patterns).astype(jnp.float32)[labels]
opt_state = optimizer.init(params)
for step in range(STEPS):
    params, opt_state, loss = train_step(params, opt_state, augment_key, step, images, labels)
    if step % 15 == 0 or step == STEPS - 1:
        print("step", step, "loss", loss)
