"""The records of a measurement: what is asked for, what was measured, and their JSON files."""

import json
import math
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from mlp_core.engine.setup import machine, num_cores
from mlp_core.engine.stretches import seconds_of_updates
from mlp_core.settings import Settings
from mlp_core.stored import FOLDER, versions
from mlp_core.switches import Fixes

SHIPPED = FOLDER / "speed.json"

FORMS = ("nothing", "gradient", "step", "loop", "sweep")
"""What is compiled in each form: nothing; loss and gradient; the step; the loop; a sweep of runs.

Each form runs the same training. The last one is many runs at once, of which one is counted.
"""

MOST_STEPS, LONGEST_RUN_SECONDS, MOST_INPUTS = 1000, 0.25, 4_700_000
"""The most steps, estimated seconds, and numbers in all minibatches of a run that is measured."""


class Request(NamedTuple):
    """What to measure: "steps" is the time of a step on both sides of `jit_step` and in the loop.

    "forms" is everything about every form, "growth" the time of a step in every form at other
    sizes. With "steps", `jit_step` decides which form comes first; otherwise it has no effect.
    """

    what: Literal["steps", "forms", "growth"]
    settings: Settings
    fixes: Fixes


def measurable(settings: Settings, most: int = MOST_STEPS) -> Settings:
    """Returns the settings with as few steps as a measurement needs, at most `most`."""
    seconds_a_step = seconds_of_updates(settings) / settings.steps
    steps = min(most, settings.steps, int(LONGEST_RUN_SECONDS / seconds_a_step))
    steps = min(steps, MOST_INPUTS * settings.steps // settings.num_inputs)
    return replace(settings, steps=steps)


class Spread(NamedTuple):
    """A median with the quartiles around it, linear between the values."""

    low: float
    median: float
    high: float


def _spread(values: tuple[float, ...]) -> Spread:
    return Spread(*np.percentile(values, (25, 50, 75)).tolist())


@dataclass(frozen=True)
class Figures:
    """One form's figures. The first step of a loop or a sweep is its first run."""

    form: str
    programs: int
    """How many programs the first step compiles. Without `jit`, JAX compiles each operation."""
    trace_ms: float
    """In the first step, Python runs with placeholders, and JAX records the operations."""
    compile_ms: float
    """In the first step, XLA makes machine code of all programs. Nothing comes from a cache."""
    first_ms: float
    """The rest of the first step."""
    prepare_ms: float
    """Drawing the minibatches of a run before it; 0 where each step draws its own."""
    dispatches: float
    """How many operations a step sends to the device. A compiled program is one operation."""
    step_ms: tuple[float, ...]
    """Of one step, one number per round, without compiling."""
    difference: float
    """The largest relative difference of its losses from those of the compiled loop."""
    compared: int
    """How many losses were compared."""

    @property
    def each(self) -> Spread:
        """Milliseconds per step."""
        return _spread(self.step_ms)

    @property
    def start_ms(self) -> float:
        """The time before the first step."""
        return self.trace_ms + self.compile_ms + self.prepare_ms

    def after_ms(self, steps: float) -> float:
        """Returns the time that this many steps take, compiling included."""
        return self.start_ms + steps * self.each.median


class Point(NamedTuple):
    """The time of one form at one size of what grows: "steps", "batch_size", or "width"."""

    axis: str
    size: int
    form: str
    step_ms: tuple[float, ...]

    @property
    def each(self) -> Spread:
        """Milliseconds per step."""
        return _spread(self.step_ms)


class Rest(NamedTuple):
    """What one way to treat minibatches of another shape costs, and where its training ends."""

    way: str
    shapes: tuple[tuple[int, int], ...]
    """The minibatches that the step was compiled for."""
    compile_ms: float
    """Trace and compile for all these shapes."""
    train_loss: float
    val_loss: float


@dataclass(frozen=True)
class Measurement:
    """What was measured of one training so far. Each device trains a run of a sweep."""

    settings: Settings
    fixes: Fixes
    devices: int = 1
    figures: tuple[Figures, ...] = ()
    rests: tuple[Rest, ...] = ()
    points: tuple[Point, ...] = ()


class Progress(NamedTuple):
    """How far a measurement is; `share` is from 0 to 1."""

    text: str
    share: float
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


@dataclass(frozen=True)
class Stored:
    """A measurement as it was read from a file."""

    measurement: Measurement
    machine: str
    cores: int
    date: str
    versions: dict[str, str]


def save(path: Path, measurement: Measurement) -> None:
    """Writes a measurement made here and now."""
    made = {
        "machine": machine(),
        "cores": num_cores(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    content = made | {"versions": versions(), "measurement": asdict(measurement)}
    path.write_text(json.dumps(content, indent=1) + "\n")


def load(path: Path) -> Stored:
    """Reads a measurement.

    Raises:
      ValueError: if the file is not one that `save` wrote.
    """
    try:
        content = json.loads(path.read_text())
        measurement = measurement_of(content["measurement"])
        if tuple(figures.form for figures in measurement.figures) != FORMS:
            raise ValueError("there must be figures of every form, in order")
        return Stored(
            measurement,
            str(content["machine"]),
            int(content["cores"]),
            str(content["date"]),
            {str(name): str(version) for name, version in content["versions"].items()},
        )
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path.name} must be made by `python -m mlp_core timing`") from error


def shipped() -> Stored:
    """Returns the measurement that ships: the post's settings, all of the post's fixes."""
    return load(SHIPPED)


def measurement_of(content: dict[str, Any]) -> Measurement:
    """Returns a measurement, complete or not, from `dataclasses.asdict` by way of JSON.

    Raises:
      KeyError, TypeError, ValueError: if it is none.
    """
    return Measurement(
        settings_of(content["settings"]),
        Fixes(**content["fixes"]),
        int(content["devices"]),
        tuple(Figures(**each | {"step_ms": tuple(each["step_ms"])}) for each in content["figures"]),
        tuple(
            Rest(way, tuple(map(tuple, shapes)), *numbers)
            for way, shapes, *numbers in content["rests"]
        ),
        tuple(
            Point(axis, size, form, tuple(step_ms))
            for axis, size, form, step_ms in content["points"]
        ),
    )


def settings_of(content: dict[str, Any]) -> Settings:
    """Returns settings from `dataclasses.asdict` by way of JSON."""
    return Settings(**content | {"hidden": tuple(content["hidden"])})
