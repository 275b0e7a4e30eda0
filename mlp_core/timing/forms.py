"""The same training in five forms, each advanced piece by piece while it is timed."""

import time
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from typing import Any, Protocol

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr

from mlp_core.diagnosis.loop import MAX_UPDATES
from mlp_core.engine import compiled, starts, sweeps, update
from mlp_core.engine.compiled import CompiledLoop
from mlp_core.engine.model import is_small
from mlp_core.engine.python_loop import PythonLoop, batch_loss
from mlp_core.engine.update import hyper_of, init_optimizer, learning_rates
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.switches import Fixes
from mlp_core.timing.figures import FORMS
from mlp_core.timing.programs import Program, programs_of, sent

ROUND_SECONDS = 0.2
PIECE_SECONDS = 0.03
"""A piece takes about this long; between two pieces the caller can stop, or let others go first."""


class EagerLoop(PythonLoop):
    """Nothing is compiled: each operation is sent to the device on its own."""

    loss_and_gradient = staticmethod(jax.value_and_grad(batch_loss))


class StepLoop(PythonLoop):
    """The whole step is compiled and called from Python, as in the post's final version."""

    def __init__(self, settings: Settings, fixes: Fixes, updates: np.ndarray):
        super().__init__(settings, fixes, updates)
        numbers = (self.norm, hyper_of(settings, fixes), learning_rates(settings))
        self.numbers = jax.device_put(numbers)
        self.opt_state = init_optimizer(self.params)

    def take_step(self, x: jax.Array, y: jax.Array, step: int) -> jax.Array:
        """Updates the parameters on a batch, and returns its loss before the update."""
        self.params, self.opt_state, loss = update.compiled_step(
            self.params, self.opt_state, x, y, *self.numbers
        )
        return loss


class Form(Protocol):
    """One form of a training."""

    name: str
    prepare_ms: float
    step_ms: list[float]
    """Of one step, one number a round."""

    @property
    def dispatches(self) -> float:
        """Operations sent to the device for a step."""

    @property
    def losses(self) -> np.ndarray:
        """Of each step's batch, as far as it has come; of a sweep its final val losses."""

    def programs(self) -> list[Program]:
        """Returns all that is compiled for it."""

    def warm_up(self) -> Iterator[None]:
        """Runs until everything is compiled, in pieces."""

    def round(self) -> Iterator[None]:
        """Times some more steps, in pieces."""


class Stepping:
    """A form that Python leads from step to step."""

    prepare_ms = 0.0

    def __init__(
        self,
        name: str,
        loop: type[PythonLoop],
        settings: Settings,
        fixes: Fixes,
        main: Callable[[PythonLoop, jax.Array, jax.Array], Program] | None,
        round_seconds: float,
    ):
        """Makes the form.

        Args:
          main: what the program itself compiles, for one batch; None if it compiles nothing.
        """
        self.name, self._settings, self._round_seconds = name, settings, round_seconds
        self._fixes, self._kind, self._main = fixes, loop, main
        self._loop = self._new_loop()
        self.step_ms: list[float] = []
        self._seconds_a_step, self._losses = 0.0, np.empty(0, np.float32)

    def _new_loop(self) -> PythonLoop:
        return self._kind(self._settings, self._fixes, np.array([self._settings.steps]))

    @cached_property
    def _operations(self) -> ClosedJaxpr:
        loop = self._new_loop()

        def one_step(params: Any, opt_state: Any) -> Any:
            loop.params, loop.opt_state = params, opt_state
            return loop.take_step(*loop.next_batch(), 0), loop.params, loop.opt_state

        return jax.make_jaxpr(one_step)(loop.params, loop.opt_state)

    @property
    def dispatches(self) -> float:
        """Operations sent to the device for a step, counted in its trace."""
        return float(sent(self._operations))

    def programs(self) -> list[Program]:
        """Returns the main program, and each operation that is sent beside it."""
        if self._main is None:
            return programs_of(self._operations)
        main = self._main(self._loop, *self._new_loop().next_batch())
        return [main, *programs_of(self._operations, all_but=main.name)]

    @posts_numerics
    def warm_up(self) -> Iterator[None]:
        """Runs for an epoch, whose last batch may have a shape of its own."""
        steps = min(self._settings.steps, self._settings.steps_per_epoch + 1, MAX_UPDATES)
        for stop in range(1, steps + 1):
            self._seconds_a_step = self._advance(stop)
            yield

    @posts_numerics
    def round(self) -> Iterator[None]:
        """Times some steps, whole epochs if they are short."""
        left, seconds, steps = self._steps_a_round(), 0.0, 0
        while left:
            done = self._loop.done
            if done == self._settings.steps:
                self._loop, done = self._new_loop(), 0
            piece = max(1, int(PIECE_SECONDS / self._seconds_a_step))
            stop = min(done + min(piece, left), self._settings.steps)
            seconds += self._advance(stop)
            steps, left = steps + stop - done, left - (stop - done)
            yield
        self._seconds_a_step = seconds / steps
        self.step_ms.append(1e3 * self._seconds_a_step)

    def _steps_a_round(self) -> int:
        epoch = self._settings.steps_per_epoch
        steps = max(1, int(self._round_seconds / self._seconds_a_step))
        whole = -(-steps // epoch) * epoch if 2 * steps > epoch else steps
        return min(whole, self._settings.steps)

    def _advance(self, stop: int) -> float:
        """Returns the seconds it takes, until the device has done it all."""
        began = time.perf_counter()
        self._loop.advance(stop)
        jax.block_until_ready(self._loop.params)
        seconds = time.perf_counter() - began
        if self._loop.done > len(self._losses):
            self._losses = self._loop.losses.batch_loss[: self._loop.done]
        return seconds

    @property
    def losses(self) -> np.ndarray:
        """The loss of each step's batch."""
        return self._losses


class Whole:
    """The form whose whole loop is compiled: a run is one call."""

    name = "loop"

    def __init__(self, settings: Settings, fixes: Fixes, round_seconds: float):
        self._settings, self._fixes, self._round_seconds = settings, fixes, round_seconds
        self.dispatches = 1 / settings.steps
        self.step_ms: list[float] = []
        self._seconds_a_run = round_seconds
        self.losses, self.final_val_loss = np.empty(0, np.float32), float("nan")
        began = time.perf_counter()
        jax.block_until_ready(starts.draw_examples(settings))
        self.prepare_ms = 1e3 * (time.perf_counter() - began)

    def programs(self) -> list[Program]:
        """Returns the run."""
        arguments = self._new_loop().arguments(self._settings.steps)
        small = is_small(self._settings)
        return [Program(compiled.advance, arguments, ("unravel", "observe"), one_kernel=small)]

    def _new_loop(self) -> CompiledLoop:
        return CompiledLoop(self._settings, self._fixes, np.array([self._settings.steps]))

    def _run(self) -> float:
        """Returns the seconds that a run takes."""
        began = time.perf_counter()
        loop = self._new_loop()
        loop.advance(self._settings.steps)
        losses = loop.losses
        seconds = time.perf_counter() - began
        self.losses, self.final_val_loss = losses.batch_loss, float(losses.val_loss[-1])
        return seconds

    @posts_numerics
    def warm_up(self) -> Iterator[None]:
        """Runs twice: the first run may compile."""
        for _ in range(2):
            self._seconds_a_run = self._run()
            yield

    @posts_numerics
    def round(self) -> Iterator[None]:
        """Times some runs."""
        runs, seconds = max(1, int(self._round_seconds / self._seconds_a_run)), 0.0
        for _ in range(runs):
            seconds += self._run()
            yield
        self._seconds_a_run = seconds / runs
        self.step_ms.append(1e3 * self._seconds_a_run / self._settings.steps)


class Sweep:
    """The form that trains a seed on each device at once; a sweep of more repeats this call."""

    name = "sweep"

    def __init__(self, settings: Settings, fixes: Fixes, round_seconds: float):
        self._settings, self._round_seconds = settings, round_seconds
        self._devices = len(jax.local_devices())
        self.dispatches = 1 / settings.steps / self._devices
        self.step_ms: list[float] = []
        self._seconds_a_call, self.losses = round_seconds, np.empty(0, np.float32)
        began = time.perf_counter()
        self._arguments = sweeps.arguments(settings, (fixes,))
        jax.block_until_ready(self._arguments[:2])
        self.prepare_ms = 1e3 * (time.perf_counter() - began) / self._devices

    def programs(self) -> list[Program]:
        """Returns the sweep of one seed on each device."""
        small, static = is_small(self._settings), ("unravel", "mesh")
        return [Program(sweeps.final_losses, self._arguments, static, one_kernel=small)]

    def _call(self) -> float:
        """Returns the seconds that a run on each device takes."""
        began = time.perf_counter()
        compiled_losses = sweeps.compiled_losses[is_small(self._settings)]
        _, val_loss = compiled_losses(*self._arguments)
        self.losses = np.asarray(val_loss)[:, 0]
        return time.perf_counter() - began

    @posts_numerics
    def warm_up(self) -> Iterator[None]:
        """Calls it twice: the first call may compile."""
        for _ in range(2):
            self._seconds_a_call = self._call()
            yield

    @posts_numerics
    def round(self) -> Iterator[None]:
        """Times some calls."""
        calls, seconds = max(1, int(self._round_seconds / self._seconds_a_call)), 0.0
        for _ in range(calls):
            seconds += self._call()
            yield
        self._seconds_a_call = seconds / calls
        self.step_ms.append(1e3 * self._seconds_a_call / self._devices / self._settings.steps)


@posts_numerics
def forms(
    settings: Settings,
    fixes: Fixes,
    round_seconds: float = ROUND_SECONDS,
    names: Collection[str] = FORMS,
) -> tuple[Form, ...]:
    """Returns forms of a training, ready to be timed; `jit_step` does not matter.

    Args:
      round_seconds: about how long a round of a form takes.
      names: which of `FORMS`; the forms come in this order.
    """
    run = (settings, fixes)

    def gradient(loop: PythonLoop, x: jax.Array, y: jax.Array) -> Program:
        return Program(jax.value_and_grad(batch_loss), (loop.params, x, y, loop.norm))

    def step(loop: PythonLoop, x: jax.Array, y: jax.Array) -> Program:
        assert isinstance(loop, StepLoop)
        return Program(update.whole_step, (loop.params, loop.opt_state, x, y, *loop.numbers))

    made: dict[str, Callable[[], Form]] = {
        "nothing": lambda: Stepping("nothing", EagerLoop, *run, None, round_seconds),
        "gradient": lambda: Stepping("gradient", PythonLoop, *run, gradient, round_seconds),
        "step": lambda: Stepping("step", StepLoop, *run, step, round_seconds),
        "loop": lambda: Whole(*run, round_seconds),
        "sweep": lambda: Sweep(*run, round_seconds),
    }
    return tuple(made[name]() for name in names)


def differences(forms: tuple[Form, ...]) -> dict[str, tuple[float, int]]:
    """Returns how far each form's losses are from the compiled loop's, and how many there are."""
    whole = next(form for form in forms if isinstance(form, Whole))
    found = {}
    for form in forms:
        mine = form.losses
        if isinstance(form, Sweep):
            mine, theirs = mine[:1], np.array([whole.final_val_loss])
        else:
            theirs = whole.losses[: len(mine)]
        known = ~(np.isnan(mine) & np.isnan(theirs))
        apart = np.abs(mine - theirs)[known] / np.maximum(np.abs(theirs[known]), 1e-12)
        found[form.name] = float(apart.max(initial=0.0)), int(known.sum())
    return found
