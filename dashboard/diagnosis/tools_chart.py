"""The chart of debugging tools and bugs, and its tables, from the stored trials."""

from functools import cache
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from dashboard.diagnosis import words
from dashboard.draw.marks import by_place, color
from dashboard.switches import SWITCH
from mlp_core.switches import STAGED

if TYPE_CHECKING:
    from mlp_core.debuggers import Cell, Table

_ALONE = (*STAGED, "sound")


@cache
def chart() -> dict[str, Any]:
    """Returns the chart of tools and bugs. Table: `cells`."""
    bugs = by_place(alt.X("bug:N"), "bug_place").title(None)
    names = by_place(alt.Y("tool:N")).title(None)
    plain: dict[str, Any] = {"ticks": False, "domain": False}
    # On a phone the columns are too narrow for horizontal names.
    ways = ("-90 : 0", "'left' : 'center'", "10 : 12")
    angle, align, size = (alt.ExprRef(f"width < 450 ? {way}") for way in ways)
    return (
        alt.Chart(alt.NamedData("cells"))
        .mark_text(fontSize=17, aria=False)
        .encode(
            bugs.axis(
                **plain,
                orient="top",
                grid=False,
                labelAngle=angle,
                labelAlign=align,
                labelFontSize=size,
                labelOverlap=False,
            ),
            names.axis(**plain, grid=True, labelFontSize=12, labelLimit=230),
            text="symbol:N",
            color=color(),
            tooltip=[
                alt.Tooltip("tool:N"),
                alt.Tooltip("bug:N"),
                alt.Tooltip("outcome:N"),
                alt.Tooltip("said:N", title="message"),
            ],
        )
        .properties(height=400)
        .to_dict()
    )


def cells(table: "Table") -> pd.DataFrame:
    """Returns each tool's outcome on each single bug.

    Columns: `tool`, `place`, `bug`, `bug_place`, `outcome`, `said` (the message), and `symbol` and
    `series`, which say how to draw the outcome. The last "bug" is the program without bugs, on
    which a tool should be silent. Tools have the order of `ranking`.
    """
    order = [tool for tool, *_ in _ranked(table)]
    rows = [
        {
            "tool": words.TOOLS[cell.tool].name,
            "place": order.index(cell.tool),
            "bug": _bug(cell.case),
            "bug_place": _ALONE.index(cell.case),
            "outcome": cell.outcome,
            "said": cell.message or "none",
            "symbol": words.OUTCOMES[cell.outcome].symbol,
            "series": words.OUTCOMES[cell.outcome].series,
        }
        for cell in table.cells
        if cell.case in _ALONE
    ]
    return pd.DataFrame(rows)


def ranking(table: "Table") -> pd.DataFrame:
    """Returns a row for each tool, best first: most bugs caught, most symptoms, least time.

    The columns have readable names: `tool`, `catches`, `shows symptoms of`, `relative run time`,
    and `turn it on with`.
    """
    rows = [
        {
            "tool": words.TOOLS[tool].name,
            "catches": ", ".join(map(_bug, caught)) or "–",
            "shows symptoms of": ", ".join(map(_bug, symptoms)) or "–",
            "relative run time": f"{cost:.1f}",
            "turn it on with": words.TOOLS[tool].switched_on_by,
        }
        for tool, caught, symptoms, cost in _ranked(table)
    ]
    return pd.DataFrame(rows)


def said(table: "Table") -> pd.DataFrame:
    """Returns every trial as text, including those of programs with several bugs."""
    return pd.DataFrame(
        [
            {
                "tool": words.TOOLS[cell.tool].name,
                "program": _bug(cell.case),
                "outcome": cell.outcome,
                "message": cell.message,
                "line": cell.line,
            }
            for cell in table.cells
        ]
    )


def _ranked(table: "Table") -> list[tuple[str, list[str], list[str], float]]:
    """Returns each tool with the bugs it catches, those it shows symptoms of, and its cost."""
    tools: dict[str, list[Cell]] = {}
    for cell in table.cells:
        if cell.case in STAGED:
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
    """Returns the short name of the bug, or of the program, in a case."""
    return SWITCH[case].short if case in SWITCH else words.PROGRAMS[case]
