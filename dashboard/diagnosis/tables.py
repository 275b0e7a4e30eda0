"""The tables of tools and bugs, from the stored trials."""

from typing import TYPE_CHECKING

import pandas as pd

from dashboard.diagnosis import words
from dashboard.switches import SWITCH
from mlp_core.switches import SWITCHES

if TYPE_CHECKING:
    from mlp_core.debuggers import Cell, Table

_ALONE = (*SWITCHES, "sound")


def matrix(table: "Table") -> pd.DataFrame:
    """Returns each tool on each bug alone: `tool`, `place`, `bug`, `bug_place`, `outcome`, `said`.

    The last "bug" is the sound program, on which a tool should be silent. `symbol` and `series` are
    how the outcome is drawn. Tools come in the order of `ranking`.
    """
    order = [tool for tool, *_ in _ranked(table)]
    rows = [
        {
            "tool": words.TOOLS[cell.tool].name,
            "place": order.index(cell.tool),
            "bug": _bug(cell.case),
            "bug_place": _ALONE.index(cell.case),
            "outcome": cell.outcome,
            "said": cell.message or "nothing",
            "symbol": words.OUTCOMES[cell.outcome].symbol,
            "series": words.OUTCOMES[cell.outcome].series,
        }
        for cell in table.cells
        if cell.case in _ALONE
    ]
    return pd.DataFrame(rows)


def ranking(table: "Table") -> pd.DataFrame:
    """Returns what each tool is good for, the best first: most caught, most symptoms, least cost.

    Columns are words for readers: `tool`, `catches`, `shows symptoms of`, `time, plain run 1`,
    `switch it on with`.
    """
    rows = [
        {
            "tool": words.TOOLS[tool].name,
            "catches": ", ".join(map(_bug, caught)) or "–",
            "shows symptoms of": ", ".join(map(_bug, symptoms)) or "–",
            "time, plain run 1": f"{cost:.1f}",
            "switch it on with": words.TOOLS[tool].switched_on_by,
        }
        for tool, caught, symptoms, cost in _ranked(table)
    ]
    return pd.DataFrame(rows)


def said(table: "Table") -> pd.DataFrame:
    """Returns every trial in words, those with bugs together as well."""
    return pd.DataFrame(
        [
            {
                "tool": words.TOOLS[cell.tool].name,
                "program": _bug(cell.case),
                "outcome": cell.outcome,
                "message": cell.message,
                "points at": cell.line,
            }
            for cell in table.cells
        ]
    )


def _ranked(table: "Table") -> list[tuple[str, list[str], list[str], float]]:
    """Returns each tool with the bugs alone that it catches and shows symptoms of, and its cost."""
    tools: dict[str, list[Cell]] = {}
    for cell in table.cells:
        if cell.case in SWITCHES:
            tools.setdefault(cell.tool, []).append(cell)
    rows = [
        (
            tool,
            [cell.case for cell in cells if cell.outcome == "caught"],
            [cell.case for cell in cells if cell.outcome == "symptom"],
            cells[0].cost,
        )
        for tool, cells in tools.items()
    ]
    return sorted(rows, key=lambda row: (-len(row[1]), -len(row[2]), row[3]))


def _bug(case: str) -> str:
    """Returns the short name of what is wrong in a case."""
    return SWITCH[case].short if case in SWITCH else words.PROGRAMS[case]
