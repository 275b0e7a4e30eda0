"""The records of a measurement: the request, the results, and their JSON files."""

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
"""What each form compiles: nothing; loss and gradient; the step; the loop; a sweep of runs.

Every form runs the same training. The last one trains several runs in one call, and its figures are
for one of these runs.
"""

MOST_STEPS, LONGEST_RUN_SECONDS, MOST_INPUTS = 1000, 0.25, 4_700_000
"""The maximum number of steps, estimated seconds, and minibatch values of a measured run."""


class Request(NamedTuple):
    """A request for a measurement.

    "steps" is the time per step with `jit_step` on, with `jit_step` off, and in the compiled loop.
    "forms" is every figure of every form, and "growth" the time per step of every form at other
    sizes. For "steps", `jit_step` determines which form is timed first; otherwise it has no effect.
    """

    what: Literal["steps", "forms", "growth"]
    settings: Settings
    fixes: Fixes


def measurable(settings: Settings, most: int = MOST_STEPS) -> Settings:
    """Returns the settings, with at most `most` steps and no more than the other limits allow."""
    seconds_a_step = seconds_of_updates(settings) / settings.steps
    steps = min(most, settings.steps, int(LONGEST_RUN_SECONDS / seconds_a_step))
    steps = min(steps, MOST_INPUTS * settings.steps // settings.num_inputs)
    return replace(settings, steps=steps)


class Spread(NamedTuple):
    """A median and its two quartiles, linearly interpolated."""

    low: float
    median: float
    high: float


def _spread(values: tuple[float, ...]) -> Spread:
    return Spread(*np.percentile(values, (25, 50, 75)).tolist())


@dataclass(frozen=True)
class Figures:
    """The figures of one form. For "loop" and "sweep", the first step means the first run."""

    form: str
    programs: int
    """The number of programs that the first step compiles.

    Without `jit`, JAX compiles each operation as a program.
    """
    trace_ms: float
    """The time in the first step in which JAX traces Python and records its operations."""
    compile_ms: float
    """The time in the first step in which XLA compiles all programs, without any cache."""
    first_ms: float
    """The remaining time of the first step."""
    prepare_ms: float
    """The time to draw the minibatches before a run; 0 if each step draws its own."""
    dispatches: float
    """The number of dispatches per step. A compiled program takes one dispatch."""
    step_ms: tuple[float, ...]
    """The time per step in each round, without compilation."""
    difference: float
    """The largest relative difference between its losses and those of the compiled loop."""
    compared: int
    """The number of losses that were compared."""

    @property
    def each(self) -> Spread:
        """The time per step in milliseconds, over all rounds."""
        return _spread(self.step_ms)

    @property
    def start_ms(self) -> float:
        """The time before the first step."""
        return self.trace_ms + self.compile_ms + self.prepare_ms

    def after_ms(self, steps: float) -> float:
        """Returns the time of this many steps, including compilation."""
        return self.start_ms + steps * self.each.median


class Point(NamedTuple):
    """The time per step of one form at one size of "steps", "batch_size", or "width"."""

    axis: str
    size: int
    form: str
    step_ms: tuple[float, ...]

    @property
    def each(self) -> Spread:
        """The time per step in milliseconds, over all rounds."""
        return _spread(self.step_ms)


class Rest(NamedTuple):
    """The cost of one way to handle a minibatch of another shape, and its final losses."""

    way: str
    shapes: tuple[tuple[int, int], ...]
    """The minibatch shapes that the step was compiled for."""
    compile_ms: float
    """The time to trace and compile the step for all these shapes."""
    train_loss: float
    val_loss: float


@dataclass(frozen=True)
class Measurement:
    """The results for one training so far.

    `devices` is the number of devices, each of which trains one run of the sweep.
    """

    settings: Settings
    fixes: Fixes
    devices: int = 1
    figures: tuple[Figures, ...] = ()
    rests: tuple[Rest, ...] = ()
    points: tuple[Point, ...] = ()


class Progress(NamedTuple):
    """The progress of a measurement, with its results so far; `share` is from 0 to 1."""

    text: str
    share: float
    measurement: Measurement


def pays_after(before: Figures, after: Figures) -> int | None:
    """Returns the number of steps after which the second form has taken less total time.

    The total time of n steps is `start + n * step`, where `start` includes compilation. The result
    is the least whole n from which on the second form takes less; None if it never does.
    """
    later, saved = after.start_ms - before.start_ms, before.each.median - after.each.median
    if saved <= 0:
        return None if later >= 0 else 0
    return max(0, math.floor(later / saved) + 1) if later >= 0 else 0


@dataclass(frozen=True)
class Stored:
    """A measurement that was read from a file, with the conditions under which it was made."""

    measurement: Measurement
    machine: str
    cores: int
    date: str
    versions: dict[str, str]


def save(path: Path, measurement: Measurement) -> None:
    """Writes a measurement to a file, with this machine, today's date, and the versions in use."""
    made = {
        "machine": machine(),
        "cores": num_cores(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    content = made | {"versions": versions(), "measurement": asdict(measurement)}
    path.write_text(json.dumps(content, indent=1) + "\n")


def load(path: Path) -> Stored:
    """Returns the measurement in a file.

    Raises:
      ValueError: if the file was not written by `save`.
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
    """Returns the measurement that ships: the post's settings and all of the post's fixes."""
    return load(SHIPPED)


def measurement_of(content: dict[str, Any]) -> Measurement:
    """Returns the measurement, complete or not, that `dataclasses.asdict` and JSON have encoded.

    Raises:
      KeyError, TypeError, ValueError: if the content is not a measurement.
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
    """Returns the settings that `dataclasses.asdict` and JSON have encoded."""
    return Settings(**content | {"hidden": tuple(content["hidden"])})
