"""Compresses correlated sensor readings with an autoencoder."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


class Autoencoder:
    """An encoder and a decoder with one hidden layer each."""

    sizes = (12, 32, 3, 32, 12)

    def init(self, key):
        """Returns the parameters of all four layers."""
        he = jax.nn.initializers.he_uniform()
        keys = jax.random.split(key, len(self.sizes) - 1)
        layers = []
        for k, inputs, outputs in zip(keys, self.sizes[:-1], self.sizes[1:], strict=True):
            layers.append({"kernel": he(k, (inputs, outputs)), "bias": jnp.zeros(outputs)})
        return layers

    def encode(self, params, x):
        """Returns the code."""
        hidden = jax.nn.relu(x @ params[0]["kernel"] + params[0]["bias"])
        return hidden @ params[1]["kernel"] + params[1]["bias"]

    def decode(self, params, code):
        """Returns the reconstruction."""
        hidden = jax.nn.relu(code @ params[2]["kernel"] + params[2]["bias"])
        return hidden @ params[3]["kernel"] + params[3]["bias"]

    def loss(self, params, x):
        """Returns the mean squared reconstruction error."""
        return jnp.mean((self.decode(params, self.encode(params, x)) - x) ** 2)


rng = np.random.default_rng(12)
factors = rng.normal(size=(400, 3))
readings = factors @ rng.normal(size=(3, 12)) + 0.05 * rng.normal(size=(400, 12))
readings = (readings / readings.std(axis=0)).astype(np.float32)

model = Autoencoder()
optimizer = optax.adam(5e-3)
params = model.init(jax.random.key(6))
opt_state = optimizer.init(params)


@jax.jit
def update(params, opt_state, x):
    """Updates the parameters on a minibatch."""
    loss, grads = jax.value_and_grad(model.loss)(params, x)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


for epoch in range(16):
    for batch in np.split(rng.permutation(readings), 5):
        params, opt_state, loss = update(params, opt_state, batch)
    if epoch % 5 == 0:
        print(f"epoch {epoch}: {loss:.4f}")
