"""The commands that make what ships in `mlp_core/stored`: `debuggers`, `curves`, `timing`."""

import argparse
from typing import TYPE_CHECKING

from mlp_core.cli.options import settings_of
from mlp_core.switches import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlp_core.timing.figures import Measurement, Progress


def debuggers(parsed: argparse.Namespace) -> None:
    """Prints a line for each tool while it is tried, and stores the table."""
    from mlp_core.debuggers import Cell, save
    from mlp_core.debuggers.measuring import measured_tools

    cells: list[Cell] = []
    for of_tool in measured_tools():
        outcomes = ", ".join(f"{cell.case} {cell.outcome}" for cell in of_tool)
        print(f"{of_tool[0].tool} ({of_tool[0].cost:.1f}x): {outcomes}", flush=True)
        cells += of_tool
    save(parsed.out, cells)


def curves(parsed: argparse.Namespace) -> None:
    """Trains every combination once, and stores its curves."""
    from mlp_core.analysis import curves

    curves.save(parsed.out)


def timing(parsed: argparse.Namespace) -> None:
    """Prints what is measured at the moment, and stores whatever is ready."""
    from mlp_core.engine.estimate import measurable
    from mlp_core.timing import growth, measuring, rest, stored

    settings, fixes, out = settings_of(parsed), STAGES[parsed.stage], parsed.out
    measurement = _printed(measuring.measure(measurable(settings), fixes))
    stored.save(out, measurement)
    measurement = _printed(rest.with_rests(measurement))
    stored.save(out, measurement)
    stored.save(out, _printed(growth.grown(measurement)))


def _printed(pieces: "Iterator[Progress]") -> "Measurement":
    """Prints each new text, and returns what was measured in the end."""
    last = ""
    for progress in pieces:
        if progress.text != last and "programs" not in progress.text:
            print(progress.text, flush=True)
        last = progress.text
    return progress.measurement
