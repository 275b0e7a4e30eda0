"""Trains a Flax Linen network with BatchNorm, as in the batch normalization guide."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax.training import train_state


class MLP(nn.Module):
    """Dense, BatchNorm, ReLU, Dense."""

    @nn.compact
    def __call__(self, x, train: bool):
        x = nn.Dense(features=32)(x)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
        x = nn.relu(x)
        return nn.Dense(features=1)(x)


class TrainState(train_state.TrainState):
    """A train state with running statistics."""

    batch_stats: Any


def make_train_step(clip):
    """Returns a compiled training step whose loss is a Huber loss."""

    @jax.jit
    def train_step(state, x, y):
        def loss_fn(params):
            predictions, updates = state.apply_fn(
                {"params": params, "batch_stats": state.batch_stats},
                x,
                train=True,
                mutable=["batch_stats"],
            )
            return optax.huber_loss(predictions, y, delta=clip).mean(), updates

        (loss, updates), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
        return state.apply_gradients(grads=grads, batch_stats=updates["batch_stats"]), loss

    return train_step


rng = np.random.default_rng(3)
x = rng.normal(loc=5.0, scale=[1.0, 4.0], size=(256, 2)).astype(np.float32)
y = (np.abs(x[:, :1] - 5.0) + 0.1 * x[:, 1:]).astype(np.float32)

model = MLP()
variables = model.init(jax.random.key(0), x[:1], train=False)
state = TrainState.create(
    apply_fn=model.apply,
    params=variables["params"],
    tx=optax.adam(0.01),
    batch_stats=variables["batch_stats"],
)
train_step = make_train_step(clip=1.0)
for step in range(60):
    rows = rng.choice(256, size=64, replace=False)
    state, loss = train_step(state, x[rows], y[rows])
    if step % 15 == 0:
        print(f"step {step}: {loss:.4f}")
variables = {"params": state.params, "batch_stats": state.batch_stats}
error = jnp.abs(model.apply(variables, x, train=False) - y).mean()
print(f"mean absolute error with running statistics: {error:.3f}")
