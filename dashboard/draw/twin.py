"""A chart's table twin: the chart's own rows, with the titles that a reader knows them by."""

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
    "text": "in words",
    "tool": "tool",
    "value": "value",
    "verdict": "verdict",
    "when": "when",
}
"""Columns that need no title in a chart but are worth reading. The others only place the marks."""

_OF_THE_AXIS = ", log scale"


def readable(spec: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """Returns the columns of a chart's table that a reader can use, by the chart's own titles.

    Args:
      spec: the chart's Vega-Lite specification; it gives a field its title.
      table: its rows.
    """
    titles = _UNTITLED | _titles(spec)
    shown = table[[column for column in table if column in titles]].rename(columns=titles)
    return shown.loc[:, ~shown.columns.duplicated()]


def name(key: str) -> str:
    """Returns what a chart with this key is called: "loss curves" for "loss_curves"."""
    return key.replace("_", " ")


def _titles(spec: dict[str, Any]) -> dict[str, str]:
    """Returns the title of each field, of several the one that comes first."""
    titles: dict[str, str] = {}
    for channel in _channels(spec):
        titles.setdefault(channel["field"], str(channel["title"]).removesuffix(_OF_THE_AXIS))
    return titles


def _channels(part: object) -> Iterator[dict[str, Any]]:
    """Yields every encoding of a specification that has a field and a title."""
    if isinstance(part, dict):
        if part.get("title") and isinstance(part.get("field"), str):
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _channels(inner)
