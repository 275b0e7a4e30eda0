"""What is measured, as plain numbers: the figures of each form, and what they say together."""

import math
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from mlp_core.settings import Settings
from mlp_core.switches import Fixes

FORMS = ("nothing", "gradient", "step", "loop", "sweep")
"""What is compiled in each form: nothing; loss and gradient; the step; the loop; a sweep of runs.

Each runs the same training. The last one is many runs at once, of which one is counted.
"""

AXES = ("steps", "batch_size", "width")
"""What grows: the steps of a run, the rows of a batch, the width of each hidden layer."""


class Spread(NamedTuple):
    """A median with the quartiles around it."""

    low: float
    median: float
    high: float


def spread(values: tuple[float, ...]) -> Spread:
    """Returns the median and the quartiles, linearly between the sorted values."""
    ordered = sorted(values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
        return below + (above - below) * (place - math.floor(place))

    return Spread(at(0.25), median(ordered), at(0.75))


@dataclass(frozen=True)
class Figures:
    """One form's figures."""

    form: str
    programs: int
    """What is compiled apart from each other; where nothing is, JAX compiles each operation."""
    trace_ms: float
    """Python runs once, with placeholders for numbers, and JAX writes down the operations."""
    compile_ms: float
    """XLA makes machine code of all programs. Nothing is taken from a cache."""
    first_ms: float
    """The first call of all programs, once each is compiled."""
    prepare_ms: float
    """Drawing the batches of a run before it; 0 where each step draws its own."""
    dispatches: float
    """How many operations a step sends to the device, a compiled program being one."""
    step_ms: tuple[float, ...]
    """Of one step, one number a round, compiling left out."""
    difference: float
    """The largest relative difference of its losses from those of the compiled loop."""
    compared: int
    """How many losses were compared."""

    @property
    def each(self) -> Spread:
        """Milliseconds a step."""
        return spread(self.step_ms)

    @property
    def start_ms(self) -> float:
        """What passes before the first step."""
        return self.trace_ms + self.compile_ms + self.prepare_ms

    def after_ms(self, steps: float) -> float:
        """Returns what has passed after so many steps, compiling included."""
        return self.start_ms + steps * self.each.median


class Point(NamedTuple):
    """The time of one form at one size."""

    axis: str
    size: int
    form: str
    step_ms: tuple[float, ...]

    @property
    def each(self) -> Spread:
        """Milliseconds a step."""
        return spread(self.step_ms)


class Rest(NamedTuple):
    """What one way to treat batches of another shape costs, and where its training ends."""

    way: str
    shapes: tuple[tuple[int, int], ...]
    """The batches that the step was compiled for."""
    compile_ms: float
    """Trace and compile for all these shapes."""
    train_loss: float
    val_loss: float


@dataclass(frozen=True)
class Measurement:
    """Everything measured of one training, as far as it is."""

    settings: Settings
    fixes: Fixes
    devices: int
    """Each trains a run of a sweep."""
    figures: tuple[Figures, ...] = ()
    rests: tuple[Rest, ...] = ()
    points: tuple[Point, ...] = ()

    def of(self, form: str) -> Figures | None:
        """Returns a form's figures, None before they are measured."""
        return next((figures for figures in self.figures if figures.form == form), None)


class Progress(NamedTuple):
    """How far a measurement is."""

    text: str
    share: float
    """From 0 to 1."""
    measurement: Measurement


def pays_after(before: Figures, after: Figures) -> int | None:
    """Returns after how many steps the second form has taken less time in all, None if never.

    Both begin with what they compile: `start + n * step` of each, the least whole n from which on
    the second is below.
    """
    later, saved = after.start_ms - before.start_ms, before.each.median - after.each.median
    if saved <= 0:
        return None if later >= 0 else 0
    return max(0, math.floor(later / saved) + 1) if later >= 0 else 0
