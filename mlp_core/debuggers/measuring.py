"""Measures the table of tools: each tool in a process of its own, since its flags are global."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlp_core.debuggers.cases import CASES
from mlp_core.debuggers.table import Cell
from mlp_core.debuggers.usage import SWITCHED_ON_BY

ROUNDS = 3
_ROOT = Path(__file__).parents[2]


def measured(tool: str, cases: Sequence[str], rounds: int = ROUNDS) -> tuple[Cell, ...]:
    """Returns the cells of one tool, tried in a process of its own; this one keeps its flags.

    Args:
      rounds: how often its cost is timed, NaN if never.

    Raises:
      RuntimeError: if the process fails.
    """
    command = [sys.executable, "-m", "mlp_core.debuggers.trial", tool, str(rounds), *cases]
    places = os.pathsep.join([str(_ROOT), *filter(None, sys.path)])
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
    for tool in SWITCHED_ON_BY:
        yield measured(tool, [case.name for case in CASES])
