"""The table of which tool says what about which bug: measured, stored, read back."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from mlp_core import checked_file
from mlp_core.detectors.alarms import Outcome
from mlp_core.detectors.cases import CASES
from mlp_core.detectors.tools import TOOLS
from mlp_core.store import versions

ROUNDS = 3
SHIPPED = Path(__file__).parents[1] / "detectors.parquet"


class Cell(NamedTuple):
    """What one tool says about one case; empty texts where it says nothing, or points nowhere."""

    tool: str
    case: str
    outcome: Outcome
    message: str
    function: str
    """The function of `mlp_core.detectors.subject` it points at."""
    line: str
    """The line there."""
    cost: float
    """How many times the sound program's own time the tool takes on it; the same for each case."""


@dataclass(frozen=True)
class Table:
    """All cells, by tools, and what they were measured with."""

    cells: tuple[Cell, ...]
    versions: dict[str, str]

    def cell(self, tool: str, case: str) -> Cell:
        """Returns one cell.

        Raises:
          KeyError: if the table has no such tool or case.
        """
        for cell in self.cells:
            if (cell.tool, cell.case) == (tool, case):
                return cell
        raise KeyError((tool, case))


def measured(tool: str, cases: Sequence[str], rounds: int = ROUNDS) -> tuple[Cell, ...]:
    """Returns the cells of one tool, tried in a process of its own; this one keeps its flags.

    Args:
      rounds: how often its cost is timed, NaN if never.

    Raises:
      RuntimeError: if the process fails.
    """
    command = [sys.executable, "-m", "mlp_core.detectors.trial", tool, str(rounds), *cases]
    places = os.pathsep.join([str(SHIPPED.parents[1]), *filter(None, sys.path)])
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": places}
    )
    if done.returncode != 0:
        raise RuntimeError(f"trying {tool} must succeed, got {done.stderr.strip()[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    cost = float("nan") if found["cost"] is None else found["cost"]
    return tuple(Cell(tool=tool, cost=cost, **cell) for cell in found["cells"])


def measured_tools() -> Iterator[tuple[Cell, ...]]:
    """Yields the cells of one tool after the other, on every case."""
    for tool in TOOLS:
        yield measured(tool.name, [case.name for case in CASES])


def save(path: Path, cells: Sequence[Cell]) -> None:
    """Writes the cells, with the versions of this process's programs."""
    table = pd.DataFrame(cells, columns=list(Cell._fields))
    table.attrs = {"versions": versions()}
    checked_file.write(path, table)


def load(path: Path) -> Table:
    """Reads a table.

    Raises:
      ValueError: if the file is not one that `save` wrote.
    """
    try:
        table = checked_file.read(path)
        cells = tuple(Cell(*row) for row in table[list(Cell._fields)].itertuples(index=False))
        return Table(cells, table.attrs["versions"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path.name} must be a table stored by `python -m mlp_core detectors`"
        ) from error


def shipped() -> Table:
    """Returns the table that ships."""
    return load(SHIPPED)
