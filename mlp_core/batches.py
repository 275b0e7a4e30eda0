"""Which rows each update sees: the post's batching bug, and its fix.

Both draw the same permutations. The chain of key splits runs through every step in either version,
and the n-th epoch's order comes from the same link of it. Fixed, an epoch's order is sliced in
turn. With the bug, each step draws a new order, keeps its first batch, and slices that one at the
advancing start: full at the epoch's first step, empty at all others.
"""

from functools import partial

import jax
import numpy as np

from mlp_core.fixes import Fixes
from mlp_core.settings import Settings


@partial(jax.jit, static_argnames=("epochs", "splits"))
def _order_keys(key: jax.Array, epochs: int, splits: int) -> jax.Array:
    """Returns the key of each epoch's order, `splits` links of the chain apart."""

    def link(key: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        key, subkey = jax.random.split(key)
        return key, subkey

    _, subkeys = jax.lax.scan(link, key, None, length=epochs * splits)
    return subkeys[::splits]


@partial(jax.jit, static_argnames="num_rows")
def _permutations(keys: jax.Array, num_rows: int) -> jax.Array:
    return jax.vmap(lambda key: jax.random.permutation(key, num_rows))(keys)


def epoch_orders(key: jax.Array, settings: Settings) -> np.ndarray:
    """Returns the order of the training rows in each epoch, `[epochs, num_train]`.

    Args:
      key: `SeedKeys.batches`, consumed.
    """
    epochs = -(-settings.steps // settings.steps_per_epoch)
    splits = settings.steps_per_epoch + 1  # one a step, one more where the epoch ends
    keys = _order_keys(key, epochs, splits)
    return np.asarray(_permutations(keys, settings.num_train))


def batch_rows(orders: np.ndarray, settings: Settings) -> np.ndarray:
    """Returns the rows of each step's batch, `[T, B]`, int32.

    Only the first `rows_seen` of a step count. An epoch's shorter last batch is filled up with its
    own rows over again, so that the filling can bring no NaN that the batch has not.
    """
    size, last = settings.batch_size, settings.num_train - settings.num_train % settings.batch_size
    full = orders[:, :last].reshape(len(orders), -1, size)
    if last < settings.num_train:
        rest = np.resize(orders[:, last:].T, (size, len(orders))).T[:, None]
        full = np.concatenate([full, rest], axis=1)
    return np.ascontiguousarray(full.reshape(-1, size)[: settings.steps], dtype=np.int32)


def rows_seen(settings: Settings, fixes: Fixes) -> np.ndarray:
    """Returns how many rows each step's batch holds, `[T]`, int32."""
    start = np.arange(settings.steps) % settings.steps_per_epoch * settings.batch_size
    whole = np.minimum(settings.batch_size, settings.num_train - start)
    sliced = np.where(start == 0, settings.batch_size, 0)
    return (whole if fixes.whole_batches else sliced).astype(np.int32)
