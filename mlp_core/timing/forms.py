"""The forms: ways to run the same training loop, from nothing compiled to a compiled sweep."""

import time
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import jax
import numpy as np

from mlp_core.engine import starts, sweeps, update
from mlp_core.engine.compiled import CompiledLoop
from mlp_core.engine.model import is_small
from mlp_core.engine.python_loop import PythonLoop, batch_loss
from mlp_core.engine.update import hyper_of, init_optimizer, learning_rates
from mlp_core.settings import Settings
from mlp_core.switches import Fixes
from mlp_core.timing.figures import FORMS

_WARM_STEPS = 40
"""A little more than one epoch of the post's run, to include its smaller last minibatch."""


class EagerLoop(PythonLoop):
    """A loop without `jit`: JAX dispatches each operation separately."""

    loss_and_gradient = staticmethod(jax.value_and_grad(batch_loss))


class StepLoop(PythonLoop):
    """A loop that calls the compiled step from Python, as in the post's final version."""

    def __init__(self, settings: Settings, fixes: Fixes, updates: np.ndarray):
        super().__init__(settings, fixes, updates)
        numbers = (self.norm, hyper_of(settings, fixes), learning_rates(settings))
        self.numbers = jax.device_put(numbers)
        self.opt_state = init_optimizer(self.params)

    def take_step(self, x: jax.Array, y: jax.Array, step: int) -> jax.Array:
        """Updates the parameters on a minibatch, and returns its loss before the update."""
        self.params, self.opt_state, loss = update.compiled_step(
            self.params, self.opt_state, x, y, *self.numbers
        )
        return loss


class WholeBatchesLoop(StepLoop):
    """A `StepLoop` that drops the smaller minibatch at the end of each epoch."""

    def next_batch(self) -> tuple[jax.Array, jax.Array]:
        """Returns the next full minibatch, x `[B, D]` and y `[B, 1]`."""
        x, y = super().next_batch()
        return (x, y) if len(x) == self._settings.batch_size else super().next_batch()


class Form(NamedTuple):
    """One way to run the training loop."""

    name: str
    start: Callable[[], Callable[[int], np.ndarray]]
    """Returns a new run: a function from the number of steps t to their minibatch losses, `[t]`.

    "loop" appends its final validation loss. "sweep" returns only that loss.
    """
    fewest: int
    most: int
    """The minimum (`fewest`) and the maximum number of steps of a run."""
    warm: int
    """The number of steps after which everything is compiled."""
    dispatches: Callable[[], float]
    """Returns the number of dispatches per step."""
    prepare_ms: float = 0.0
    """The time to draw the minibatches before a run."""

    def seconds_a_step(self, steps: int) -> float:
        """Returns the seconds per step, measured in runs with about this many steps in total."""
        seconds, done = 0.0, 0
        while done < steps:
            train, part = self.start(), max(self.fewest, min(steps - done, self.most))
            began = time.perf_counter()
            train(part)
            seconds, done = seconds + time.perf_counter() - began, done + part
        return seconds / done


def forms(settings: Settings, fixes: Fixes, names: Collection[str] = FORMS) -> tuple[Form, ...]:
    """Returns the forms of a training, in the order of `names`; `jit_step` has no effect."""
    loops = {"nothing": EagerLoop, "gradient": PythonLoop, "step": StepLoop}
    called = {"loop": _loop, "sweep": _sweep}
    return tuple(
        _stepping(name, loops[name], settings, fixes)
        if name in loops
        else called[name](settings, fixes)
        for name in names
    )


def _stepping(name: str, kind: type[PythonLoop], settings: Settings, fixes: Fixes) -> Form:
    """Returns a form in which Python runs the loop, one call per step."""

    def new_loop() -> PythonLoop:
        return kind(settings, fixes, np.array([settings.steps]))

    def start() -> Callable[[int], np.ndarray]:
        loop = new_loop()

        def train(steps: int) -> np.ndarray:
            loop.advance(steps)
            jax.block_until_ready(loop.params)
            return loop.losses.batch_loss[:steps]

        return train

    def dispatches() -> float:
        loop = new_loop()

        def one_step(params: Any, opt_state: Any) -> Any:
            loop.params, loop.opt_state = params, opt_state
            return loop.take_step(*loop.next_batch(), 0), loop.params, loop.opt_state

        return len(jax.make_jaxpr(one_step)(loop.params, loop.opt_state).jaxpr.eqns)

    warm = min(settings.steps, settings.steps_per_epoch + 1, _WARM_STEPS)
    return Form(name, start, 1, settings.steps, warm, dispatches)


def _loop(settings: Settings, fixes: Fixes) -> Form:
    """Returns the form with a compiled loop: a run is one call."""
    began = time.perf_counter()
    jax.block_until_ready(starts.examples(settings))
    prepare_ms, steps = 1e3 * (time.perf_counter() - began), settings.steps

    def start() -> Callable[[int], np.ndarray]:
        loop = CompiledLoop(settings, fixes, np.array([steps]))

        def train(steps: int) -> np.ndarray:
            loop.advance(steps)
            return np.append(loop.losses.batch_loss, loop.losses.val_loss)

        return train

    return Form("loop", start, steps, steps, steps, lambda: 1 / steps, prepare_ms)


def _sweep(settings: Settings, fixes: Fixes) -> Form:
    """Returns the form that trains one run on each device in one call.

    A larger sweep repeats this call.
    """
    began, devices = time.perf_counter(), len(jax.local_devices())
    arguments = sweeps.arguments(settings, (fixes,))
    jax.block_until_ready(arguments[:2])
    prepare_ms = 1e3 * (time.perf_counter() - began) / devices
    final_losses = sweeps.compiled_losses[is_small(settings)]

    def train(_: int) -> np.ndarray:
        return np.asarray(final_losses(*arguments)[1])[:1, 0]

    steps = devices * settings.steps
    return Form("sweep", lambda: train, steps, steps, steps, lambda: 1 / steps, prepare_ms)
