"""The commands that make what ships in `mlp_core/stored`: `debuggers`, `curves`, `timing`."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from mlp_core.cli.options import settings_of
from mlp_core.switches import STAGES

if TYPE_CHECKING:
    from mlp_core.timing.figures import Measurement, Request


def debuggers(parsed: argparse.Namespace) -> None:
    """Prints a line for each tool while it is tried, and stores the table."""
    from mlp_core.debuggers import CASES, Cell, measured, save
    from mlp_core.debuggers.tools import TOOLS

    cells: list[Cell] = []
    for tool in TOOLS:
        of_tool = measured(tool.name, [case.name for case in CASES])
        outcomes = ", ".join(f"{cell.case} {cell.outcome}" for cell in of_tool)
        print(f"{of_tool[0].tool} ({of_tool[0].cost:.1f}x): {outcomes}", flush=True)
        cells += of_tool
    save(parsed.out, cells)


def curves(parsed: argparse.Namespace) -> None:
    """Trains every combination once, and stores its curves."""
    from mlp_core.analysis import curves

    curves.save(parsed.out)


def timing(parsed: argparse.Namespace) -> None:
    """Prints what is measured at the moment, and stores the forms before their growth."""
    from mlp_core.timing import stored
    from mlp_core.timing.figures import Request, measurable

    settings, fixes, out = measurable(settings_of(parsed)), STAGES[parsed.stage], parsed.out
    measurement = _printed(Request("forms", settings, fixes))
    stored.save(out, measurement)
    growth = _printed(Request("growth", settings, fixes))
    stored.save(out, replace(measurement, points=growth.points))


def _printed(request: "Request") -> "Measurement":
    """Prints each new text of a measurement, and returns what was measured in the end."""
    from mlp_core.timing.process import measured

    last = ""
    for progress in measured(request):
        if progress.text != last:
            print(progress.text, flush=True)
        last = progress.text
    return progress.measurement
