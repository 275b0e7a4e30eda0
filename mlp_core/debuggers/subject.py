"""The program that the tools are tried on, written as the post writes it: batch first, Python loop.

It trains like `mlp_core.engine.training`, number for number, but in the operations and on the lines
that a reader of the post would debug. Under a tool, the `Harness` is another one.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from mlp_core.data.dataset import dataset
from mlp_core.settings import Settings
from mlp_core.switches import Fixes

EPSILON = 1e-5


class Harness(NamedTuple):
    """How the program makes keys, compiles its step and calls the rest; a tool may step in."""

    new_key: Callable[[int], jax.Array] = jax.random.PRNGKey
    compiled: Callable[[Any], Any] = jax.jit
    eager: Callable[[Any], Any] = lambda function: function


class Trained(NamedTuple):
    """What a run of the program leaves."""

    start_loss: float
    train_loss: float
    val_loss: float
    batch_loss: float  # of the last batch, before its update


def init(key: jax.Array, sizes: tuple[int, ...], fixes: Fixes) -> Any:
    """Returns the layers and the head."""
    layers = []
    for i, o in pairwise(sizes):
        if not fixes.split_keys:
            key, subkey = jax.random.split(key)
            wkey = bkey = gkey = subkey
        elif fixes.norm_init:
            key, wkey = jax.random.split(key)
        else:
            key, wkey, bkey, gkey = jax.random.split(key, 4)
        W = jax.random.normal(wkey, (o, i)) * jnp.sqrt(2.0 / i)
        if fixes.norm_init:
            b, g = jnp.zeros(o), jnp.ones(o)
        else:
            b = jax.random.normal(bkey, (o,)) * jnp.sqrt(2.0 / i)
            g = jax.random.normal(gkey, (o,)) * jnp.sqrt(2.0 / i)
        layers.append({"W": W, "b": b, "g": g, "c": jnp.zeros(o)})
    if fixes.split_keys:
        key, wkey, bkey = jax.random.split(key, 3)
    else:
        wkey = bkey = subkey
    W = jax.random.normal(wkey, (1, sizes[-1])) * jnp.sqrt(2.0 / sizes[-1])
    return layers, {"W": W, "b": jax.random.normal(bkey, (1,))}


def normalised(a: jax.Array, fixes: Fixes) -> jax.Array:
    """Returns LayerNorm's first half."""
    mu = a.mean(axis=1, keepdims=True)
    if fixes.norm_epsilon and fixes.epsilon_in_root:
        return (a - mu) / jnp.sqrt(a.var(axis=1, keepdims=True) + EPSILON)
    sigma = a.std(axis=1, keepdims=True)
    if fixes.norm_epsilon:
        return (a - mu) / (EPSILON + sigma)
    return (a - mu) / sigma


def predict(params: Any, x: jax.Array, fixes: Fixes) -> jax.Array:
    """Returns `[B, 1]`."""
    layers, head = params
    for layer in layers:
        a = x @ layer["W"].T
        if fixes.bias_before_norm:
            a = a + layer["c"]
        x = jax.nn.relu(layer["g"] * normalised(a, fixes) + layer["b"])
    return x @ head["W"].T + head["b"]


def loss(params: Any, x: jax.Array, y: jax.Array, fixes: Fixes) -> jax.Array:
    """Returns the mean squared error."""
    return jnp.mean((y - predict(params, x, fixes)) ** 2)


def orders(
    key: jax.Array, rows: int, batch_size: int, fixes: Fixes
) -> Iterator[tuple[jax.Array, int]]:
    """Yields the row numbers and the start of the next batch among them."""
    start = 0
    if fixes.whole_batches:
        key, subkey = jax.random.split(key)
        idx = jax.random.permutation(subkey, rows)
    while True:
        key, subkey = jax.random.split(key)
        if not fixes.whole_batches:
            idx = jax.random.permutation(subkey, rows)[:batch_size]
        yield idx, start
        start += batch_size
        if start >= rows:
            start = 0
            key, subkey = jax.random.split(key)
            if fixes.whole_batches:
                idx = jax.random.permutation(subkey, rows)


def batch(
    idx: jax.Array, x: jax.Array, y: jax.Array, start: int, batch_size: int
) -> tuple[jax.Array, jax.Array]:
    """Returns one batch."""
    return x[idx[start : start + batch_size]], y[idx[start : start + batch_size]]


def update(
    params: Any, opt_state: Any, gradient: Any, optimizer: optax.GradientTransformation
) -> tuple[Any, Any]:
    """Returns the parameters and the optimiser's state after an update."""
    changes, opt_state = optimizer.update(gradient, opt_state, params)
    return optax.apply_updates(params, changes), opt_state


def train(settings: Settings, fixes: Fixes, harness: Harness, one_batch: bool = False) -> Trained:
    """Runs the program.

    Args:
      one_batch: whether every update uses the first batch.
    """
    data = jax.device_put(dataset(settings))
    key, _ = jax.random.split(harness.new_key(settings.seed))
    key, subkey = jax.random.split(key)
    sizes = (settings.num_features, *settings.hidden)
    params = harness.eager(partial(init, sizes=sizes, fixes=fixes))(subkey)
    optimizer = optax.sgd(settings.learning_rate)
    if fixes.adamw:
        optimizer = optax.adamw(settings.learning_rate, weight_decay=settings.weight_decay)
    opt_state = optimizer.init(params)
    compiled_loss = jax.jit(partial(loss, fixes=fixes))
    start_loss = compiled_loss(params, data.x_train, data.y_train)
    step = _step(fixes, optimizer, harness)
    value = start_loss
    drawn = orders(key, settings.num_train, settings.batch_size, fixes)
    for number, (idx, start) in enumerate(islice(drawn, settings.steps)):
        if number == 0 or not one_batch:
            take = partial(batch, start=start, batch_size=settings.batch_size)
            x, y = harness.eager(take)(idx, data.x_train, data.y_train)
        value, params, opt_state = step(params, opt_state, x, y)
    train_loss = compiled_loss(params, data.x_train, data.y_train)
    val_loss = compiled_loss(params, data.x_val, data.y_val)
    return Trained(*map(float, (start_loss, train_loss, val_loss, value)))


def _step(fixes: Fixes, optimizer: optax.GradientTransformation, harness: Harness) -> Any:
    """Returns one training step: compiled as a whole, or only its loss and gradient."""

    def gradient(params: Any, x: jax.Array, y: jax.Array) -> Any:
        return jax.value_and_grad(loss)(params, x, y, fixes)

    def whole(params: Any, opt_state: Any, x: jax.Array, y: jax.Array) -> Any:
        value, slopes = gradient(params, x, y)
        return value, *update(params, opt_state, slopes, optimizer)

    compiled_gradient = harness.compiled(gradient)
    eager_update = harness.eager(partial(update, optimizer=optimizer))

    def half(params: Any, opt_state: Any, x: jax.Array, y: jax.Array) -> Any:
        value, slopes = compiled_gradient(params, x, y)
        return value, *eager_update(params, opt_state, slopes)

    return harness.compiled(whole) if fixes.jit_step else half
