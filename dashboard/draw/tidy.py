"""Tidy tables of lines, thinned to the resolution of a screen, and positions of their labels."""

from itertools import accumulate

import numpy as np
import pandas as pd

POINTS = 200
"""The largest number of points drawn for a line."""

NAME_HEIGHT = 0.08
"""The height of a label in a small chart, as a share of the chart's height."""


def thinned(rows: np.ndarray, points: int = POINTS) -> np.ndarray:
    """Returns at most `points` of the rows, evenly spaced, with the first and the last."""
    if len(rows) <= points:
        return rows
    return rows[np.linspace(0, len(rows) - 1, points).round().astype(int)]


def line(updates: np.ndarray, losses: np.ndarray, series: str, name: str) -> pd.DataFrame:
    """Returns a thinned line, without values that a log axis cannot show.

    Columns: `update`, `loss`, `series`, `line`.

    Args:
      series: the series, which determines the color.
      name: the value of `line`, which distinguishes lines of one series.
    """
    drawable = np.flatnonzero(np.isfinite(losses) & (losses > 0))
    kept = thinned(drawable)
    return pd.DataFrame(
        {
            "update": updates[kept],
            "loss": losses[kept].astype(float),
            "series": series,
            "line": name,
        }
    )


def apart(
    ends: pd.Series, drawn: pd.Series, logarithmic: bool = True, room: float = NAME_HEIGHT
) -> np.ndarray:
    """Returns the positions of line labels: at the ends of the lines, or higher to avoid overlap.

    Args:
      ends: the last value of each line, ascending.
      drawn: all values on the axis.
      room: the height of a label as a share of the chart's height.
    """
    if logarithmic:
        return np.exp(apart(np.log(ends), np.log(drawn), logarithmic=False, room=room))
    height = room * (drawn.max() - drawn.min())
    return np.array(list(accumulate(ends, lambda below, end: max(end, below + height))))


def headed(table: pd.DataFrame, headings: dict[str, str]) -> pd.DataFrame:
    """Returns the columns that have a heading, renamed and in the order of the headings."""
    return table[list(headings)].rename(columns=headings)
