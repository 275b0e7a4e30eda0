"""The table below a chart: the chart's data, with the titles of the chart as headings."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

_UNTITLED = {
    "after": "after",
    "array": "array",
    "before": "before",
    "bug": "bug",
    "factor": "factor",
    "fix": "fix",
    "label": "name",
    "line": "line",
    "name": "name",
    "outcome": "outcome",
    "seed": "seed",
    "text": "as text",
    "tool": "tool",
    "value": "value",
    "verdict": "verdict",
    "when": "when",
}
"""Readable columns that have no title in a chart. Other columns only position the marks."""

_OF_THE_AXIS = ", log scale"


def readable(spec: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """Returns the readable columns of a chart's table, with the chart's titles as headings.

    Args:
      spec: the chart's Vega-Lite specification, which contains the title of each field.
      table: the rows of the chart.
    """
    titles = _UNTITLED | _titles(spec)
    shown = table[[column for column in table if column in titles]].rename(columns=titles)
    return shown.loc[:, ~shown.columns.duplicated()]


def name(key: str) -> str:
    """Returns the name of the chart with this key: "loss curves" for "loss_curves"."""
    return key.replace("_", " ")


def _titles(spec: dict[str, Any]) -> dict[str, str]:
    """Returns the title of each field. If there are several, the first one."""
    titles: dict[str, str] = {}
    for channel in _channels(spec):
        titles.setdefault(channel["field"], str(channel["title"]).removesuffix(_OF_THE_AXIS))
    return titles


def _channels(part: object) -> Iterator[dict[str, Any]]:
    """Yields every encoding in a specification that has a field and a title."""
    if isinstance(part, dict):
        if part.get("title") and isinstance(part.get("field"), str):
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _channels(inner)
