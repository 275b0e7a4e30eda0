"""Measurements in JSON files, with the machine, the day and the versions they were made with."""

import json
import platform
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlp_core.analysis.grid_file import versions
from mlp_core.engine.devices import num_cores
from mlp_core.settings import Settings
from mlp_core.stored import FOLDER
from mlp_core.switches import Fixes
from mlp_core.timing.figures import FORMS, Figures, Measurement, Point, Rest

SHIPPED = FOLDER / "speed.json"


@dataclass(frozen=True)
class Stored:
    """A measurement as it was read from a file."""

    measurement: Measurement
    machine: str
    cores: int
    date: str
    versions: dict[str, str]


def machine() -> str:
    """Returns the kind of processor this runs on."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


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
