"""Which debugging tool reports which bug: each bug alone is run under each tool.

`tools` runs an exported script of `mlp_core.program` under a tool, in a separate process, because
the tools set global flags of JAX. This module defines the cases, and it measures, stores, and reads
the table of results. It does not import JAX.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from mlp_core.child import child_environment
from mlp_core.stored import FOLDER, read_table, versions, write_table
from mlp_core.switches import STAGED, STAGES, Fixes


class Case(NamedTuple):
    """One program with one seed."""

    name: str
    fixes: Fixes
    seed: int

    @property
    def bugs(self) -> tuple[str, ...]:
        """The switches of the stages that are off."""
        return tuple(name for name in STAGED if not getattr(self.fixes, name))


SOUND = "sound"
POST_SEED = 42
NAN_SEED = 0
"""With this seed, a row has no variance in the final program without `norm_init`, so the loss
becomes NaN."""

_ALONE = [Case(bug, replace(STAGES["beyond"], **{bug: False}), POST_SEED) for bug in STAGED]

CASES = (
    Case(SOUND, STAGES["beyond"], POST_SEED),
    *_ALONE,
    Case("v1", STAGES["v1"], POST_SEED),
    Case("nan", replace(STAGES["final"], norm_init=False), NAN_SEED),
)

FIT_UPDATES = 500
"""Number of updates that the tool `one_batch` makes."""
SEEDS = 5
"""Number of runs that the tool `several_seeds` compares."""

ROUNDS = 3

SHIPPED = FOLDER / "debuggers.parquet"

Outcome = Literal["caught", "symptom", "false alarm", "silent"]


class Cell(NamedTuple):
    """The result of one tool on one case.

    `message` is empty if the tool reports nothing, and `line` if it does not point at a line.
    """

    tool: str
    case: str
    outcome: Outcome
    message: str
    line: str
    """The line of the script that the tool points at."""
    cost: float
    """The sound program's time under the tool, over its time without; the same in each case."""


@dataclass(frozen=True)
class Table:
    """All cells, ordered by tool, and the versions with which they were measured."""

    cells: tuple[Cell, ...]
    versions: dict[str, str]


def measured(tool: str, cases: Sequence[str], rounds: int = ROUNDS) -> tuple[Cell, ...]:
    """Returns the cells of one tool, which runs in a separate process.

    Args:
      cases: the names of the cases.
      rounds: how many times the cost is timed; the cost is NaN if 0.

    Raises:
      RuntimeError: if the process fails.
    """
    command = [sys.executable, "-m", "mlp_core.debuggers.tools", tool, str(rounds), *cases]
    done = subprocess.run(command, capture_output=True, text=True, env=child_environment())
    if done.returncode != 0:
        raise RuntimeError(f"the process that runs {tool} failed: {done.stderr.strip()[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return tuple(Cell(tool=tool, cost=found["cost"], **cell) for cell in found["cells"])


def save(path: Path, cells: Sequence[Cell]) -> None:
    """Writes the cells, with the package versions of this process."""
    table = pd.DataFrame(cells, columns=list(Cell._fields))
    table.attrs = {"versions": versions()}
    write_table(path, table)


def load(path: Path) -> Table:
    """Reads a table.

    Raises:
      ValueError: if the file was not written by `save`.
    """
    try:
        table = read_table(path)
        cells = tuple(Cell(*row) for row in table[list(Cell._fields)].itertuples(index=False))
        return Table(cells, table.attrs["versions"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path.name} must be a table stored by `python -m mlp_core debuggers`"
        ) from error


def shipped() -> Table:
    """Returns the table that ships with the package."""
    return load(SHIPPED)
