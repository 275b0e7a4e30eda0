"""Would a tool have told you? Each bug alone under each tool, really run.

`tools` runs an exported script of `mlp_core.program` under a tool, in a process of its own, because
the tool's flags are JAX's own and global. What is tried is defined here, and the table of what the
tools say is measured, stored, and read here, without JAX.
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
from mlp_core.switches import STAGES, SWITCHES, Fixes


class Case(NamedTuple):
    """One program with one seed."""

    name: str
    fixes: Fixes
    seed: int

    @property
    def bugs(self) -> tuple[str, ...]:
        """The switches that are off."""
        return tuple(name for name in SWITCHES if not getattr(self.fixes, name))


SOUND = "sound"
POST_SEED = 42
NAN_SEED = 0
"""With it the final program without `norm_init` meets a row without variance: the loss is NaN."""

_ALONE = [Case(bug, replace(STAGES["beyond"], **{bug: False}), POST_SEED) for bug in SWITCHES]

CASES = (
    Case(SOUND, STAGES["beyond"], POST_SEED),
    *_ALONE,
    Case("v1", STAGES["v1"], POST_SEED),
    Case("nan", replace(STAGES["final"], norm_init=False), NAN_SEED),
)

FIT_UPDATES = 500
"""How many updates the tool `one_batch` makes."""
SEEDS = 5
"""How many runs the tool `several_seeds` compares."""

ROUNDS = 3

SHIPPED = FOLDER / "debuggers.parquet"

Outcome = Literal["caught", "symptom", "false alarm", "silent"]


class Cell(NamedTuple):
    """What one tool says about one case; empty texts where it says nothing, or points nowhere."""

    tool: str
    case: str
    outcome: Outcome
    message: str
    line: str
    """The line of the script it points at."""
    cost: float
    """How many times the sound program's own time the tool takes on it; the same for each case."""


@dataclass(frozen=True)
class Table:
    """All cells, by tools, and what they were measured with."""

    cells: tuple[Cell, ...]
    versions: dict[str, str]


def measured(tool: str, cases: Sequence[str], rounds: int = ROUNDS) -> tuple[Cell, ...]:
    """Returns the cells of one tool, tried in a process of its own; this one keeps its flags.

    Args:
      rounds: how often its cost is timed, NaN if never.

    Raises:
      RuntimeError: if the process fails.
    """
    command = [sys.executable, "-m", "mlp_core.debuggers.tools", tool, str(rounds), *cases]
    done = subprocess.run(command, capture_output=True, text=True, env=child_environment())
    if done.returncode != 0:
        raise RuntimeError(f"trying {tool} must succeed, got {done.stderr.strip()[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return tuple(Cell(tool=tool, cost=found["cost"], **cell) for cell in found["cells"])


def save(path: Path, cells: Sequence[Cell]) -> None:
    """Writes the cells, with the versions of this process's programs."""
    table = pd.DataFrame(cells, columns=list(Cell._fields))
    table.attrs = {"versions": versions()}
    write_table(path, table)


def load(path: Path) -> Table:
    """Reads a table.

    Raises:
      ValueError: if the file is not one that `save` wrote.
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
    """Returns the table that ships."""
    return load(SHIPPED)
