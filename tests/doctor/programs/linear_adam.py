"""Fits a linear model with optax.adam to noisy house prices."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

rng = np.random.default_rng(1)
area = rng.uniform(40, 200, size=300)
rooms = np.round(area / 30 + rng.normal(0, 0.7, size=300))
age = rng.uniform(0, 60, size=300)
price = 2.5 * area + 12 * rooms - 1.5 * age + rng.normal(0, 15, size=300)

X = np.column_stack([area, rooms, age]).astype(np.float32)
y = price.astype(np.float32)
X_train, X_test, y_train, y_test = X[:240], X[240:], y[:240], y[240:]
X_mean, X_std, y_mean, y_std = X_train.mean(0), X_train.std(0), y_train.mean(), y_train.std()
X_train, X_test = (X_train - X_mean) / X_std, (X_test - X_mean) / X_std
y_train, y_test = (y_train - y_mean) / y_std, (y_test - y_mean) / y_std


def predict(params, X):
    """Returns the predicted prices, standardized."""
    return X @ params["w"] + params["b"]


def mse(params, X, y):
    """Returns the mean squared error."""
    return jnp.mean((predict(params, X) - y) ** 2)


optimizer = optax.adam(learning_rate=0.05)


@jax.jit
def step(params, opt_state, X, y):
    """Takes one step on a minibatch."""
    loss, grads = jax.value_and_grad(mse)(params, X, y)
    updates, opt_state = optimizer.update(grads, opt_state)
    params = optax.apply_updates(params, updates)
    return params, opt_state, loss


params = {"w": jnp.zeros(3), "b": jnp.zeros(())}
opt_state = optimizer.init(params)
for _ in range(12):
    order = rng.permutation(240)
    for i in range(0, 240, 40):
        batch = order[i : i + 40]
        params, opt_state, loss = step(params, opt_state, X_train[batch], y_train[batch])
print("train", mse(params, X_train, y_train), "test", mse(params, X_test, y_test))
print("weights", params["w"])
