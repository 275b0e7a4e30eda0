"""Tries one tool, in a process of its own: `python -m mlp_core.detectors.trial TOOL CASE ...`.

Its flags are JAX's global ones and end with the process. Prints the cells as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mlp_core.detectors.alarms import Alarm, outcome
from mlp_core.detectors.cases import CASES, SOUND
from mlp_core.detectors.subject import Harness, train
from mlp_core.detectors.tools import TOOLS
from mlp_core.settings import Settings

ROUNDS = 3


def main(tool_name: str, case_names: list[str]) -> None:
    """Prints a cell for each case, with the tool's cost on the sound program last."""
    tool = next(tool for tool in TOOLS if tool.name == tool_name)
    cells: list[dict[str, Any]] = []
    for case in (case for case in CASES if case.name in case_names):
        alarm = tool.examine(case, replace(Settings(), seed=case.seed))
        said = (alarm or Alarm(""))._asdict()
        cells.append({"case": case.name, "outcome": outcome(case, alarm)} | said)
    print(json.dumps({"cells": cells, "cost": _cost(tool.examine)}))


def _cost(examine: Callable[..., Any]) -> float:
    """Returns how many times the sound program's own time it takes with the tool."""
    case = next(case for case in CASES if case.name == SOUND)
    settings = replace(Settings(), seed=case.seed)

    def seconds(action: Callable[[], object]) -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    rounds = [
        (
            seconds(lambda: train(settings, case.fixes, Harness())),
            seconds(lambda: examine(case, settings)),
        )
        for _ in range(ROUNDS)
    ]
    plain, with_tool = (min(times) for times in zip(*rounds, strict=True))
    return with_tool / plain


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
