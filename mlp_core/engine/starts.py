"""Everything a run draws from its seed: examples, minibatches, and initial parameters."""

from dataclasses import replace
from functools import lru_cache
from itertools import product, starmap
from typing import NamedTuple

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from mlp_core.data.dataset import dataset, seed_keys
from mlp_core.data.table import check_open, when_closed
from mlp_core.engine import batches, model
from mlp_core.engine.model import Drawing, Params
from mlp_core.engine.update import Unravel
from mlp_core.settings import Settings
from mlp_core.switches import Fixes

_OF_THE_RUN = ("hidden", "learning_rate", "weight_decay", "schedule", "clip_norm")
"""The settings that do not change the examples and minibatches."""


class Examples(NamedTuple):
    """One seed's examples and minibatches on the device, shared by all combinations of fixes.

    The minibatches are gathered before the run, because gathering their rows would slow each step.
    """

    x_train: jax.Array  # [N, D]
    y_train: jax.Array  # [N]
    x_val: jax.Array  # [N, D]
    y_val: jax.Array  # [N]
    x_batches: jax.Array  # [T, D, B]
    y_batches: jax.Array  # [T, B]


class Initial(NamedTuple):
    """The initial parameters of a run, as a pytree and raveled."""

    params: Params
    flat: jax.Array
    unravel: Unravel


def draw_examples(settings: Settings) -> Examples:
    """Returns the seed's examples and minibatches, newly drawn.

    Raises:
      ValueError: if the task is a table that was closed.
    """
    orders = batches.epoch_orders(seed_keys(settings.seed).batches, settings)
    rows, data = batches.batch_rows(orders, settings), dataset(settings)
    y_train = data.y_train[:, 0]
    x_batches = np.empty((len(rows), settings.num_features, settings.batch_size), np.float32)
    for feature, of_rows in enumerate(data.x_train.T):
        x_batches[:, feature] = of_rows[rows]
    arrays = (data.x_train, y_train, data.x_val, data.y_val[:, 0], x_batches, y_train[rows])
    check_open(settings.task)
    return Examples(*map(jax.device_put, arrays))


_examples = lru_cache(maxsize=2)(draw_examples)  # 80 MB each at most


def examples(settings: Settings) -> Examples:
    """Returns the seed's examples and minibatches from a cache, or draws them.

    Raises:
      ValueError: if the task is a table that was closed.
    """
    default = Settings()
    return _examples(replace(settings, **{name: getattr(default, name) for name in _OF_THE_RUN}))


when_closed(lambda task: _examples.cache_clear())


@lru_cache(maxsize=32)
def _initials(seed: int, sizes: tuple[int, ...]) -> dict[Drawing, Initial]:
    ways = starmap(Drawing, product([False, True], repeat=len(Drawing._fields)))
    drawn = {way: model.drawn(seed_keys(seed).params, sizes, way) for way in ways}
    return {way: Initial(params, *ravel_pytree(params)) for way, params in drawn.items()}


def initial(settings: Settings, fixes: Fixes) -> Initial:
    """Returns the initial parameters of the seed's run.

    The first call for a seed draws the parameters in every way, so that flipping a switch later
    does not have to wait for them.
    """
    sizes = (settings.num_features, *settings.hidden)
    return _initials(settings.seed, sizes)[model.drawing_of(fixes)]
