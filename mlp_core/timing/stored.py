"""Measurements in JSON files, with the machine, the day and the versions they were made with."""

import json
import math
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlp_core.analysis.grid_file import versions
from mlp_core.settings import Settings
from mlp_core.stored import FOLDER
from mlp_core.switches import Fixes
from mlp_core.timing.figures import AXES, FORMS, Figures, Measurement, Point, Rest

SHIPPED = FOLDER / "speed.json"


@dataclass(frozen=True)
class Stored:
    """A measurement as it was read from a file."""

    measurement: Measurement
    machine: str
    """The kind of processor."""
    cores: int
    date: str
    versions: dict[str, str]


def machine() -> str:
    """Returns the kind of processor this runs on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cores() -> int:
    """Returns how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def save(path: Path, measurement: Measurement) -> None:
    """Writes a measurement made here and now."""
    made = {"machine": machine(), "cores": cores(), "date": datetime.now(UTC).date().isoformat()}
    content = made | {"versions": versions(), "measurement": asdict(measurement)}
    path.write_text(json.dumps(content, indent=1) + "\n")


def load(path: Path) -> Stored:
    """Reads a measurement.

    Raises:
      ValueError: if the file is not one that `save` wrote.
    """
    try:
        content = json.loads(path.read_text())
        return Stored(
            _measurement(content["measurement"]),
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


def _measurement(content: dict[str, Any]) -> Measurement:
    settings = content["settings"]
    found = Measurement(
        Settings(**settings | {"hidden": tuple(settings["hidden"])}),
        Fixes(**content["fixes"]),
        int(content["devices"]),
        tuple(Figures(**each | _times(each)) for each in content["figures"]),
        tuple(Rest(*_rest(each)) for each in content["rests"]),
        tuple(Point(**_named(Point, each)) for each in content["points"]),
    )
    if tuple(figures.form for figures in found.figures) != FORMS:
        raise ValueError("there must be figures of every form, in order")
    if not all(point.axis in AXES and point.form in FORMS for point in found.points):
        raise ValueError("every point must be of an axis and a form")
    return found


def _times(content: dict[str, Any]) -> dict[str, tuple[float, ...]]:
    """Returns the times of a step.

    Raises:
      ValueError: if there is none, or one is no time.
    """
    times = tuple(float(each) for each in content["step_ms"])
    if not times or not all(math.isfinite(each) and each > 0 for each in times):
        raise ValueError(f"times must be positive, got {times}")
    return {"step_ms": times}


def _named(kind: type[Point], content: list[Any]) -> dict[str, Any]:
    named = dict(zip(kind._fields, content, strict=True))
    return named | _times(named)


def _rest(content: list[Any]) -> list[Any]:
    way, shapes, *numbers = content
    return [way, tuple((int(rows), int(features)) for rows, features in shapes), *numbers]
