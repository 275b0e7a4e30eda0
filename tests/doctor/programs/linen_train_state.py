"""Trains a Flax Linen classifier with a TrainState."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.training.train_state import TrainState


class Classifier(nn.Module):
    """A network with one hidden layer."""

    features: int = 32
    classes: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(self.features)(x))
        return nn.Dense(self.classes)(x)


def create_train_state(model, key, learning_rate, momentum):
    """Returns the initial train state."""
    params = model.init(key, jnp.ones([1, 2]))["params"]
    tx = optax.sgd(learning_rate, momentum)
    return TrainState.create(apply_fn=model.apply, params=params, tx=tx)


@jax.jit
def train_step(state, batch):
    """Trains for a single step."""

    def loss_fn(params):
        logits = state.apply_fn({"params": params}, batch["x"])
        loss = optax.softmax_cross_entropy_with_integer_labels(logits, batch["label"]).mean()
        return loss

    loss, grads = jax.value_and_grad(loss_fn)(state.params)
    state = state.apply_gradients(grads=grads)
    return state, loss


rng = np.random.default_rng(42)
x = rng.normal(size=(320, 2)).astype(np.float32)
label = (2 * (x[:, 0] > 0) + (x[:, 1] > 0)).astype(np.int32)

state = create_train_state(Classifier(), jax.random.key(0), learning_rate=0.1, momentum=0.9)
for epoch in range(8):
    order = rng.permutation(len(x)).reshape(-1, 32)
    losses = []
    for rows in order:
        state, loss = train_step(state, {"x": x[rows], "label": label[rows]})
        losses.append(loss)
    print(f"epoch {epoch}: {jnp.stack(losses).mean():.3f}")
