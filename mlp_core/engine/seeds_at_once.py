"""Draws the minibatches and initial parameters of many seeds in one program on an accelerator.

A CPU draws one seed at a time (`starts`), because NumPy sorts permutations faster than XLA does on
a CPU. For an accelerator, drawing on the host is too slow: for 128 seeds it took 12 s, about twice
as long as training them.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jax.sharding import NamedSharding

from mlp_core.data.dataset import Dataset, SeedKeys, dataset, seed_keys
from mlp_core.engine import batches, model
from mlp_core.engine.model import Drawing
from mlp_core.engine.starts import Examples
from mlp_core.settings import Settings

MOST = 8
"""The maximum number of seeds on one accelerator at once, with all combinations side by side.

One H200 trained 2,613 runs per second with 8 seeds, 1,634 with 32, and 1,410 with 64
(benchmarks/accelerator.py). The minibatches of 8 seeds have at most 8 `settings.MAX_INPUTS` values,
640 MB.
"""


def drawn(
    of_seed: list[Settings], drawings: list[Drawing], sharding: NamedSharding
) -> tuple[Examples, jax.Array]:
    """Returns the examples and the initial parameters of all seeds.

    Args:
      of_seed: S settings that differ only in their seed.
      drawings: F ways to draw the parameters.
      sharding: shards the first axis of every result over the devices.

    Returns:
      Examples whose arrays have a leading axis S, and raveled parameters `[S, F, P]`.
    """
    settings, ways = of_seed[0], tuple(dict.fromkeys(drawings))
    seeds = _stacked([(seed_keys(each.seed), dataset(each)) for each in of_seed])
    # An array of its own indices: minibatches sliced from it name the rows that they take from the
    # raveled permutations, whatever the seed.
    epochs = -(-settings.steps // settings.steps_per_epoch)
    indices = np.arange(epochs * settings.num_train).reshape(epochs, -1)
    examples, params = _drawn(
        *jax.device_put(seeds, sharding),
        batches.batch_rows(indices, settings),
        epochs=epochs,
        splits=settings.steps_per_epoch + 1,
        sizes=(settings.num_features, *settings.hidden),
        ways=ways,
    )
    return examples, params[:, np.array([ways.index(way) for way in drawings])]


def _stacked(trees: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)


@partial(jax.jit, static_argnames=("epochs", "splits", "sizes", "ways"))
def _drawn(
    keys: SeedKeys,
    data: Dataset,
    indices: jax.Array,
    epochs: int,
    splits: int,
    sizes: tuple[int, ...],
    ways: tuple[Drawing, ...],
) -> tuple[Examples, jax.Array]:
    def of_one(keys: SeedKeys, data: Dataset) -> tuple[Examples, jax.Array]:
        x_train, y_train, x_val, y_val = map(jnp.asarray, data)
        of_epoch = batches.epoch_keys(keys.batches, epochs, splits)
        orders = jax.vmap(lambda key: jax.random.permutation(key, len(x_train)))(of_epoch)
        rows, targets = orders.ravel()[indices], y_train[:, 0]
        x_batches = x_train[rows].swapaxes(1, 2)
        examples = Examples(x_train, targets, x_val, y_val[:, 0], x_batches, targets[rows])
        flats = [ravel_pytree(model.drawn(keys.params, sizes, way))[0] for way in ways]
        return examples, jnp.stack(flats)

    return jax.vmap(of_one)(keys, data)
