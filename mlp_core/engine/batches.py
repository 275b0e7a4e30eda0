"""The training rows in each minibatch, with the post's batching bug or with its fix.

Both versions split the key the same number of times per step, so the permutation of the n-th epoch
comes from the same key. With the fix, one permutation per epoch is sliced in order. With the bug,
each step draws a new permutation, keeps its first `batch_size` rows, and slices those rows at the
advancing start. The minibatch is full at the first step of an epoch and empty at all other steps.
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
    """Returns the key of each epoch's permutation; the key is split `splits` times per epoch."""

    def link(key: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        key, subkey = jax.random.split(key)
        return key, subkey

    _, subkeys = jax.lax.scan(link, key, None, length=epochs * splits)
    return subkeys[::splits]


@partial(jax.jit, static_argnames=("num_rows", "rounds"))
def _sort_keys(keys: jax.Array, num_rows: int, rounds: int) -> jax.Array:
    """Returns the random sort keys of each key's permutation, `[keys, rounds, rows]`, uint32."""

    def of_one(key: jax.Array) -> jax.Array:
        numbers = []
        for _ in range(rounds):
            key, subkey = jax.random.split(key)
            numbers.append(jax.random.bits(subkey, (num_rows,)))
        return jnp.stack(numbers)

    return jax.vmap(of_one)(keys)


def permutations(keys: jax.Array, num_rows: int) -> np.ndarray:
    """Returns `jax.random.permutation(key, num_rows)` for each key, `[keys, num_rows]`, int32.

    JAX sorts the rows by random numbers, in as many rounds as make ties unlikely to matter. This
    function sorts with NumPy, which is at least four times as fast as XLA on a CPU. The row number
    in the lower half of each sorted value keeps tied rows in order, as JAX's stable sort does.
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
    """Returns the permutation of the training rows in each epoch, `[E, num_train]`, int32.

    Args:
      key: `SeedKeys.batches`, consumed.
      epochs: the number of epochs E; None for as many as the steps need.
    """
    epochs = epochs or -(-settings.steps // settings.steps_per_epoch)
    splits = settings.steps_per_epoch + 1  # one per step, and one at the end of the epoch
    return permutations(epoch_keys(key, epochs, splits), settings.num_train)


def batch_rows(orders: np.ndarray, settings: Settings) -> np.ndarray:
    """Returns the row numbers of each step's minibatch, `[T, B]`, int32.

    Only the first `rows_seen` rows of a step are used. An epoch's smaller last minibatch is padded
    with its own rows, so that the padding cannot introduce a NaN that the minibatch does not have.

    Args:
      orders: `[E, num_train]`, see `epoch_orders`.
    """
    size, last = settings.batch_size, settings.num_train - settings.num_train % settings.batch_size
    full = orders[:, :last].reshape(len(orders), -1, size)
    if last < settings.num_train:
        rest = np.resize(orders[:, last:].T, (size, len(orders))).T[:, None]
        full = np.concatenate([full, rest], axis=1)
    return full.reshape(-1, size)[: settings.steps]


def rows_seen(settings: Settings, fixes: Fixes) -> np.ndarray:
    """Returns the number of rows in each step's minibatch, `[T]`, int32."""
    start = np.arange(settings.steps) % settings.steps_per_epoch * settings.batch_size
    whole = np.minimum(settings.batch_size, settings.num_train - start)
    sliced = np.where(start == 0, settings.batch_size, 0)
    return (whole if fixes.whole_batches else sliced).astype(np.int32)
