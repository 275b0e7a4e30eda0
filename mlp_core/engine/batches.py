"""Which rows each update sees: the post's batching bug, and its fix.

Both draw the same permutations. The chain of key splits runs through every step in either version,
and the n-th epoch's order comes from the same link of it. Fixed, an epoch's order is sliced in
turn. With the bug, each step draws a new order, keeps its first batch, and slices that one at the
advancing start: full at the epoch's first step, empty at all others.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from mlp_core.settings import Settings
from mlp_core.switches import Fixes


@partial(jax.jit, static_argnames=("epochs", "splits"))
def epoch_keys(key: jax.Array, epochs: int, splits: int) -> jax.Array:
    """Returns the key of each epoch's order, `splits` links of the chain apart."""

    def link(key: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        key, subkey = jax.random.split(key)
        return key, subkey

    _, subkeys = jax.lax.scan(link, key, None, length=epochs * splits)
    return subkeys[::splits]


@partial(jax.jit, static_argnames=("num_rows", "rounds"))
def _sort_keys(keys: jax.Array, num_rows: int, rounds: int) -> jax.Array:
    """Returns the random numbers that each key's permutation sorts by, `[keys, rounds, rows]`."""

    def of_one(key: jax.Array) -> jax.Array:
        numbers = []
        for _ in range(rounds):
            key, subkey = jax.random.split(key)
            numbers.append(jax.random.bits(subkey, (num_rows,)))
        return jnp.stack(numbers)

    return jax.vmap(of_one)(keys)


def permutations(keys: jax.Array, num_rows: int) -> np.ndarray:
    """Returns `jax.random.permutation(key, num_rows)` of each key, `[keys, num_rows]`, int32.

    JAX sorts the rows by random numbers, and once more by others, so that equal numbers hardly
    matter. NumPy sorts at least four times as fast as XLA on a CPU; the row in the lower half of
    each sorted number keeps the order of equal ones.
    """
    row_bits = np.uint64(32)
    rounds = math.ceil(3 * math.log(num_rows) / math.log(2**32 - 1))
    orders = np.broadcast_to(np.arange(num_rows, dtype=np.int32), (len(keys), num_rows))
    for numbers in np.asarray(_sort_keys(keys, num_rows, rounds)).swapaxes(0, 1):
        sorted_rows = (numbers.astype(np.uint64) << row_bits) | np.arange(num_rows, dtype=np.uint64)
        sorted_rows.sort(axis=1)
        orders = np.take_along_axis(orders, sorted_rows.astype(np.uint32).astype(np.intp), axis=1)
    return orders


def epoch_orders(key: jax.Array, settings: Settings, epochs: int | None = None) -> np.ndarray:
    """Returns the order of the training rows in each epoch, `[E, num_train]`, int32.

    Args:
      key: `SeedKeys.batches`, consumed.
      epochs: how many; as many as the steps need by default.
    """
    epochs = epochs or -(-settings.steps // settings.steps_per_epoch)
    splits = settings.steps_per_epoch + 1  # one a step, one more where the epoch ends
    return permutations(epoch_keys(key, epochs, splits), settings.num_train)


def batch_rows(orders: np.ndarray, settings: Settings) -> np.ndarray:
    """Returns the rows of each step's batch in these epochs, `[T, B]`, int32.

    Only the first `rows_seen` of a step count. An epoch's shorter last batch is filled up with its
    own rows over again, so that the filling can bring no NaN that the batch has not.
    """
    size, last = settings.batch_size, settings.num_train - settings.num_train % settings.batch_size
    full = orders[:, :last].reshape(len(orders), -1, size)
    if last < settings.num_train:
        rest = np.resize(orders[:, last:].T, (size, len(orders))).T[:, None]
        full = np.concatenate([full, rest], axis=1)
    return full.reshape(-1, size)[: settings.steps]


def rows_seen(settings: Settings, fixes: Fixes) -> np.ndarray:
    """Returns how many rows each step's batch holds, `[T]`, int32."""
    start = np.arange(settings.steps) % settings.steps_per_epoch * settings.batch_size
    whole = np.minimum(settings.batch_size, settings.num_train - start)
    sliced = np.where(start == 0, settings.batch_size, 0)
    return (whole if fixes.whole_batches else sliced).astype(np.int32)
