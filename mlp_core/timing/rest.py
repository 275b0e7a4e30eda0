"""What a batch of another shape does: one more compilation; and what avoiding it does to losses."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import optax

from mlp_core.data.dataset import seed_keys
from mlp_core.engine import batches, starts, update
from mlp_core.engine.compiled import CompiledLoop
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.starts import Examples
from mlp_core.engine.stretches import Work, all_made
from mlp_core.engine.update import Hyper, updated
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes
from mlp_core.timing.figures import Measurement, Progress, Rest
from mlp_core.timing.forms import PIECE_SECONDS, StepLoop
from mlp_core.timing.programs import Program

WAYS = ("as it is", "padded", "dropped")
"""As the loop does it; filled up to a whole batch and masked; left out if it is not whole."""


def padded_step(
    params: Params,
    opt_state: optax.OptState,
    x: jax.Array,
    y: jax.Array,
    rows: jax.Array,
    norm: Norm,
    hyper: Hyper,
    learning_rates: jax.Array,
) -> tuple[Params, optax.OptState, jax.Array]:
    """Returns what `update.whole_step` does with the first `rows` rows of a batch."""
    loss, gradient = update.loss_and_gradient(params, x.T, y[:, 0], rows, norm, lambda same: same)
    count = optax.tree_utils.tree_get(opt_state, "count")
    return *updated(params, opt_state, gradient, learning_rates[count], hyper), loss


@posts_numerics
def with_rests(measurement: Measurement) -> Iterator[Progress]:
    """Yields the measurement with what each way to treat the rest costs, and where it ends.

    The batches are always drawn whole: only then is a rest left to treat.
    """
    found = replace(measurement, rests=())
    for share, rest in _rests(measurement.settings, measurement.fixes):
        found = replace(found, rests=(*found.rests, *rest))
        yield Progress("Trying what to do with a smaller batch", share, found)


def _rests(settings: Settings, fixes: Fixes) -> Iterator[tuple[float, tuple[Rest, ...]]]:
    """Yields the share that is done, and the way that is ready then."""
    fixes = replace(fixes, whole_batches=True, jit_step=True)
    loop = StepLoop(settings, fixes, np.array([settings.steps]))
    sizes = tuple(dict.fromkeys(batches.rows_seen(settings, fixes).tolist()))
    x, y = StepLoop(settings, fixes, np.array([settings.steps])).next_batch()
    work = Work(loop.advance, settings.steps)
    for share in all_made([work], PIECE_SECONDS):
        yield share / 2, ()
    step = [_compile_ms(update.whole_step, loop, x[:size], y[:size]) for size in sizes]
    yield 0.7, (_rest("as it is", settings, sizes, sum(step), loop),)
    whole = CompiledLoop(settings, fixes, np.array([settings.steps]))
    whole.advance(settings.steps)
    padded = _compile_ms(padded_step, loop, x, y, len(y))
    yield 0.9, (_rest("padded", settings, sizes[:1], padded, whole),)
    without = CompiledLoop(settings, fixes, np.array([settings.steps]))
    every_row = np.full(settings.steps, settings.batch_size, np.int32)
    without.feed(whole_batches_only(settings), every_row)
    without.advance(settings.steps)
    yield 1.0, (_rest("dropped", settings, sizes[:1], step[0], without),)


def whole_batches_only(settings: Settings) -> Examples:
    """Returns the examples of a run whose epochs leave out the rest behind their whole batches."""
    size, steps = settings.batch_size, settings.steps
    an_epoch = settings.num_train // size
    keys = seed_keys(settings.seed).batches
    orders = batches.epoch_orders(keys, settings, -(-steps // an_epoch))
    rows = orders[:, : an_epoch * size].reshape(-1, size)[:steps]
    return starts.lay_out(settings, rows)


def _compile_ms(function: Callable[..., Any], loop: StepLoop, *batch: Any) -> float:
    stages = Program(function, (loop.params, loop.opt_state, *batch, *loop.numbers)).stages()
    return stages.trace_ms + stages.compile_ms


def _rest(
    way: str,
    settings: Settings,
    sizes: tuple[int, ...],
    compile_ms: float,
    loop: StepLoop | CompiledLoop,
) -> Rest:
    losses = loop.losses
    shapes = tuple((size, settings.num_features) for size in sizes)
    return Rest(way, shapes, compile_ms, float(losses.train_loss[-1]), float(losses.val_loss[-1]))
