"""What a seed gives a run to start from: its examples, its batches and its first parameters."""

import math
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from mlp_core.data.dataset import dataset, seed_keys
from mlp_core.data.table import is_closed
from mlp_core.engine import batches, model
from mlp_core.engine.model import Params
from mlp_core.kept import Kept
from mlp_core.settings import MAX_INPUTS, Settings
from mlp_core.switches import Fixes

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
    return lay_out(settings, batches.drawn_rows(seed_keys(settings.seed).batches, settings))


def lay_out(settings: Settings, rows: Iterable[np.ndarray]) -> Examples:
    """Returns the seed's examples with batches of these rows, each `[t, B]`, one after the other.

    There must be as many as the settings have steps.
    """
    data = dataset(settings)
    y_train = data.y_train[:, 0]
    steps, size = settings.steps, settings.batch_size
    x_batches = _to_take_over((steps, data.x_train.shape[1], size))
    y_batches = _to_take_over((steps, size))
    done = 0
    for some in rows:
        for start in range(0, len(some), _STEPS_AT_ONCE):
            of_steps = some[start : start + _STEPS_AT_ONCE]
            stretch = slice(done, done + len(of_steps))
            x_batches[stretch] = data.x_train[of_steps].swapaxes(1, 2)
            y_batches[stretch] = y_train[of_steps]
            done += len(of_steps)
    arrays = (data.x_train, y_train, data.x_val, data.y_val[:, 0], x_batches, y_batches)
    return Examples(*map(jax.device_put, arrays))


def _to_take_over(shape: tuple[int, ...]) -> np.ndarray:
    """Returns room for float32 that JAX takes over as it is: where it begins there is no copy."""
    size = math.prod(shape)
    room = np.empty(size + _ALIGNED_BYTES // 4, np.float32)
    skipped = -room.ctypes.data % _ALIGNED_BYTES // 4
    return room[skipped : skipped + size].reshape(shape)


def _num_inputs(examples: Examples) -> int:
    return sum(leaf.size for leaf in (examples.x_train, examples.x_batches, examples.y_batches))


def _may_keep(settings: Settings) -> bool:
    return not is_closed(settings.task)


_kept = Kept[Settings, Examples](_MOST_KEPT, MAX_INPUTS, _num_inputs, _may_keep)


def examples(settings: Settings) -> Examples:
    """Returns the seed's examples and batches, of which few are kept: they may take 150 MB.

    So a run that may have to wait for its turn should ask again after it.
    """
    names = ("seed", "task", "examples", "noise", "val_share", "validate", "steps", "batch_size")
    own = Settings(**{name: getattr(settings, name) for name in names})
    return _kept.get(own, lambda: draw_examples(own))


def forget_examples() -> None:
    """Drops what is kept for the next run, so that no reader's table stays in memory."""
    _kept.clear()


@lru_cache(maxsize=32)
def _initials(seed: int, task: str, hidden: tuple[int, ...]) -> dict[Fixes, Initial]:
    settings = Settings(seed=seed, task=task, hidden=hidden, batch_size=1)
    ways = [
        Fixes(split_keys=split, norm_init=norm) for split, norm in product([False, True], repeat=2)
    ]
    drawn = {fixes: model.init(seed_keys(seed).params, settings, fixes) for fixes in ways}
    return {fixes: Initial(params, *ravel_pytree(params)) for fixes, params in drawn.items()}


def initial(settings: Settings, fixes: Fixes) -> Initial:
    """Returns the parameters the seed's run starts from.

    All four ways to draw them are drawn at a seed's first use: no switch waits for it later.
    """
    drawn = _initials(settings.seed, settings.task, settings.hidden)
    return drawn[Fixes(split_keys=fixes.split_keys, norm_init=fixes.norm_init)]
