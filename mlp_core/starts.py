"""What a seed gives a run to start from: its examples, its batches and its first parameters."""

import math
import threading
from collections.abc import Callable
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from mlp_core import batches, model
from mlp_core.data import dataset, seed_keys
from mlp_core.fixes import Fixes
from mlp_core.model import Params
from mlp_core.settings import MAX_INPUTS, Settings

_MOST_KEPT = 4
_STEPS_AT_ONCE = 500
_ALIGNED_BYTES = 64  # where JAX's own arrays begin, too

Unravel = Callable[[Any], Params]
"""Turns raveled parameters into a `Params`."""


class Examples(NamedTuple):
    """One seed's examples and batches on the device, shared by all combinations of fixes.

    The batches are laid out before the run: picking their rows one by one would slow each step.
    """

    x_train: jax.Array  # [N, D]
    y_train: jax.Array  # [N]
    x_val: jax.Array  # [N, D]
    y_val: jax.Array  # [N]
    x_batches: jax.Array  # [T, D, B]
    y_batches: jax.Array  # [T, B]


class Initial(NamedTuple):
    """The parameters a run starts from, as they are and raveled."""

    params: Params
    flat: jax.Array
    unravel: Unravel


def draw_examples(settings: Settings) -> Examples:
    """Draws the seed's examples and batches."""
    orders = batches.epoch_orders(seed_keys(settings.seed).batches, settings)
    return lay_out(settings, batches.batch_rows(orders, settings))


def lay_out(settings: Settings, rows: np.ndarray) -> Examples:
    """Returns the seed's examples with batches of these rows, `[T, B]`."""
    data = dataset(settings)
    y_train = data.y_train[:, 0]
    steps, size = rows.shape
    x_batches = _to_take_over((steps, data.x_train.shape[1], size))
    y_batches = _to_take_over((steps, size))
    for start in range(0, steps, _STEPS_AT_ONCE):
        stretch = slice(start, start + _STEPS_AT_ONCE)
        x_batches[stretch] = data.x_train[rows[stretch]].swapaxes(1, 2)
        y_batches[stretch] = y_train[rows[stretch]]
    arrays = (data.x_train, y_train, data.x_val, data.y_val[:, 0], x_batches, y_batches)
    return Examples(*map(jax.device_put, arrays))


def _to_take_over(shape: tuple[int, ...]) -> np.ndarray:
    """Returns room for float32 that JAX takes over as it is: where it begins there is no copy."""
    size = math.prod(shape)
    room = np.empty(size + _ALIGNED_BYTES // 4, np.float32)
    skipped = -room.ctypes.data % _ALIGNED_BYTES // 4
    return room[skipped : skipped + size].reshape(shape)


class _Kept:
    """The examples that were asked for last, all together no more than one run may have."""

    def __init__(self) -> None:
        self.examples: dict[Settings, Examples] = {}
        self.lock = threading.Lock()

    def get(self, settings: Settings) -> Examples:
        """Returns what is drawn from these settings; what was not asked for longest, goes."""
        with self.lock:
            kept = self.examples.pop(settings, None)
        examples = kept or draw_examples(settings)  # others need not wait for it
        with self.lock:
            self.examples[settings] = examples
            while len(self.examples) > _MOST_KEPT or self._num_inputs > MAX_INPUTS:
                del self.examples[next(iter(self.examples))]
            return examples

    @property
    def _num_inputs(self) -> int:
        # Of the arrays, not of the settings: a reader's table may have been closed.
        return sum(each.x_batches.size for each in self.examples.values())


_kept = _Kept()


def examples(settings: Settings) -> Examples:
    """Returns the seed's examples and batches, of which few are kept: they may take 150 MB.

    So a run that may have to wait for its turn should ask again after it.
    """
    names = ("seed", "task", "examples", "noise", "val_share", "steps", "batch_size")
    return _kept.get(Settings(**{name: getattr(settings, name) for name in names}))


def forget_examples() -> None:
    """Drops what is kept for the next run, so that no reader's table stays in memory."""
    with _kept.lock:
        _kept.examples.clear()


def _draw_initials(seed: int, task: str, hidden: tuple[int, ...]) -> dict[Fixes, Initial]:
    settings = Settings(seed=seed, task=task, hidden=hidden, batch_size=1)
    ways = [
        Fixes(split_keys=split, norm_init=norm) for split, norm in product([False, True], repeat=2)
    ]
    drawn = {fixes: model.init(seed_keys(seed).params, settings, fixes) for fixes in ways}
    return {fixes: Initial(params, *ravel_pytree(params)) for fixes, params in drawn.items()}


_initials = {
    small: lru_cache(maxsize)(_draw_initials) for small, maxsize in ((True, 64), (False, 2))
}
"""By whether the network is small; those of a large one may take 13 MB."""


def initial(settings: Settings, fixes: Fixes) -> Initial:
    """Returns the parameters the seed's run starts from.

    All four ways to draw them are drawn at a seed's first use: no switch waits for it later.
    """
    initials = _initials[model.is_small(settings)]
    drawn = initials(settings.seed, settings.task, settings.hidden)
    return drawn[Fixes(split_keys=fixes.split_keys, norm_init=fixes.norm_init)]
