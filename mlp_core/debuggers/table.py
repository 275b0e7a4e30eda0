"""The table of which tool says what about which bug, as it is stored. Reading it needs no JAX."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from mlp_core.analysis.grid_file import versions
from mlp_core.stored import FOLDER, parquet

SHIPPED = FOLDER / "debuggers.parquet"

Outcome = Literal["caught", "symptom", "false alarm", "silent"]


class Cell(NamedTuple):
    """What one tool says about one case; empty texts where it says nothing, or points nowhere."""

    tool: str
    case: str
    outcome: Outcome
    message: str
    function: str
    """The function of `mlp_core.debuggers.subject` it points at."""
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


def save(path: Path, cells: Sequence[Cell]) -> None:
    """Writes the cells, with the versions of this process's programs."""
    table = pd.DataFrame(cells, columns=list(Cell._fields))
    table.attrs = {"versions": versions()}
    parquet.write(path, table)


def load(path: Path) -> Table:
    """Reads a table.

    Raises:
      ValueError: if the file is not one that `save` wrote.
    """
    try:
        table = parquet.read(path)
        cells = tuple(Cell(*row) for row in table[list(Cell._fields)].itertuples(index=False))
        return Table(cells, table.attrs["versions"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path.name} must be a table stored by `python -m mlp_core detectors`"
        ) from error


def shipped() -> Table:
    """Returns the table that ships."""
    return load(SHIPPED)
