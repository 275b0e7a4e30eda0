"""Classifies digits-like patterns with Flax NNX, dropout, and metrics."""

import jax
import numpy as np
import optax
from flax import nnx


class Model(nnx.Module):
    """A classifier with dropout."""

    def __init__(self, *, rngs: nnx.Rngs):
        self.linear1 = nnx.Linear(16, 64, rngs=rngs)
        self.dropout = nnx.Dropout(rate=0.2)
        self.linear2 = nnx.Linear(64, 5, rngs=rngs)

    def __call__(self, x: jax.Array, rngs: nnx.Rngs | None = None) -> jax.Array:
        x = nnx.relu(self.linear1(x))
        x = self.dropout(x, rngs=rngs)
        return self.linear2(x)


def loss_fn(model: Model, rngs: nnx.Rngs | None, batch):
    """Returns the cross-entropy and the logits."""
    logits = model(batch["image"], rngs)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, batch["label"]).mean()
    return loss, logits


@nnx.jit
def train_step(model, optimizer, metrics, rngs, batch):
    """Trains for a single step."""
    grad_fn = nnx.value_and_grad(loss_fn, has_aux=True)
    (loss, logits), grads = grad_fn(model, rngs, batch)
    metrics.update(loss=loss, logits=logits, labels=batch["label"])
    optimizer.update(model, grads)


@nnx.jit
def eval_step(model, metrics, batch):
    """Evaluates a batch."""
    loss, logits = loss_fn(model, None, batch)
    metrics.update(loss=loss, logits=logits, labels=batch["label"])


rng = np.random.default_rng(5)
prototypes = rng.normal(size=(5, 16))
label = rng.integers(0, 5, size=480).astype(np.int32)
image = (prototypes[label] + 0.8 * rng.normal(size=(480, 16))).astype(np.float32)

rngs = nnx.Rngs(params=0, dropout=1)
model = Model(rngs=rngs)
optimizer = nnx.Optimizer(model, optax.adamw(5e-3), wrt=nnx.Param)
metrics = nnx.MultiMetric(accuracy=nnx.metrics.Accuracy(), loss=nnx.metrics.Average("loss"))
for epoch in range(6):
    model.train()
    for rows in rng.permutation(384).reshape(-1, 32):
        train_step(model, optimizer, metrics, rngs, {"image": image[rows], "label": label[rows]})
    train = metrics.compute()
    metrics.reset()
    model.eval()
    eval_step(model, metrics, {"image": image[384:], "label": label[384:]})
    test = metrics.compute()
    metrics.reset()
    print(f"epoch {epoch}: train loss {train['loss']:.3f}, test accuracy {test['accuracy']:.3f}")
