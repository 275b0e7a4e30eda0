"""Lines of a chart as tidy rows, thinned to what a screen shows, their names, and headings."""

from itertools import accumulate

import numpy as np
import pandas as pd

POINTS = 200
"""The most points of a line that are drawn."""

NAME_HEIGHT = 0.08
"""The height of a name in a small chart, as a share of the chart's."""


def thinned(rows: np.ndarray, points: int = POINTS) -> np.ndarray:
    """Returns at most `points` of the rows, evenly spaced, with the first and the last."""
    if len(rows) <= points:
        return rows
    return rows[np.linspace(0, len(rows) - 1, points).round().astype(int)]


def line(updates: np.ndarray, losses: np.ndarray, series: str, name: str) -> pd.DataFrame:
    """Returns one line, thinned, without what a log axis cannot show: `update`, `loss`, its names.

    Args:
      series: its meaning, which decides the color; in the table `series`.
      name: what tells it from others of its meaning; in the table `line`.
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
    """Returns where names of lines stand: at their ends, or so far above that none meet.

    Args:
      ends: rising.
      drawn: all values on the axis.
      room: the height of a name as a share of the chart's.
    """
    if logarithmic:
        return np.exp(apart(np.log(ends), np.log(drawn), logarithmic=False, room=room))
    height = room * (drawn.max() - drawn.min())
    return np.array(list(accumulate(ends, lambda below, end: max(end, below + height))))


def headed(table: pd.DataFrame, headings: dict[str, str]) -> pd.DataFrame:
    """Returns some columns of a table, in the order of their headings and under them."""
    return table[list(headings)].rename(columns=headings)
