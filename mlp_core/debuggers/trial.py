"""Tries one tool in a process of its own: `python -m mlp_core.debuggers.trial TOOL ROUNDS CASE...`.

Its flags are JAX's global ones and end with the process. Prints the cells as JSON, and last what
the tool costs, timed in so many rounds; null without any.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from mlp_core.debuggers.alarms import Alarm, outcome
from mlp_core.debuggers.cases import CASES, SOUND, Case
from mlp_core.debuggers.subject import Harness, train
from mlp_core.debuggers.tools import TOOLS, Tool
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings


@posts_numerics
def main(tool_name: str, rounds: int, case_names: list[str]) -> None:
    """Tries the tool on each of the cases."""
    tool = next(tool for tool in TOOLS if tool.name == tool_name)
    cells: list[dict[str, Any]] = []
    for case in (case for case in CASES if case.name in case_names):
        alarm = tool.examine(case, _settings(tool, case))
        said = (alarm or Alarm(""))._asdict()
        cells.append({"case": case.name, "outcome": outcome(case, alarm)} | said)
    print(json.dumps({"cells": cells, "cost": _cost(tool, rounds) if rounds else None}))


def _settings(tool: Tool, case: Case) -> Settings:
    return Settings(seed=case.seed, steps=tool.updates)


def _cost(tool: Tool, rounds: int) -> float:
    """Returns how many times the sound program's own time it takes with the tool, compiling too."""
    case = next(case for case in CASES if case.name == SOUND)
    settings = _settings(tool, case)

    def seconds(action: Callable[[], object]) -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    times = [
        (
            seconds(lambda: train(settings, case.fixes, Harness())),
            seconds(lambda: tool.examine(case, settings)),
        )
        for _ in range(rounds)
    ]
    plain, with_tool = (min(column) for column in zip(*times, strict=True))
    return with_tool / plain


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
