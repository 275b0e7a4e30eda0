"""Fits a curve with Flax NNX, as in its basics guide."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx


class MLP(nnx.Module):
    """Two linear layers."""

    def __init__(self, din: int, dmid: int, dout: int, *, rngs: nnx.Rngs):
        self.linear1 = nnx.Linear(din, dmid, rngs=rngs)
        self.linear2 = nnx.Linear(dmid, dout, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.linear2(nnx.gelu(self.linear1(x)))


def loss_fn(model: MLP, x: jax.Array, y: jax.Array) -> jax.Array:
    """Returns the mean squared error."""
    return jnp.mean((model(x) - y) ** 2)


@nnx.jit
def train_step(model: MLP, optimizer: nnx.Optimizer, x: jax.Array, y: jax.Array) -> jax.Array:
    """Updates the model in place and returns the loss."""
    loss, grads = nnx.value_and_grad(loss_fn)(model, x, y)
    optimizer.update(model, grads)
    return loss


def dataset(batch_size: int, steps: int):
    """Yields random minibatches of a parabola."""
    rng = np.random.default_rng(0)
    X = np.linspace(-1, 1, 200, dtype=np.float32)[:, None]
    Y = 0.8 * X**2 + 0.1
    for _ in range(steps):
        rows = rng.choice(len(X), size=batch_size, replace=False)
        yield X[rows], Y[rows]


model = MLP(1, 32, 1, rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.adam(1e-2), wrt=nnx.Param)
for step, (x, y) in enumerate(dataset(batch_size=32, steps=81)):
    loss = train_step(model, optimizer, x, y)
    if step % 20 == 0:
        print(f"step: {step}, loss: {loss}")
