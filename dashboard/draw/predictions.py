"""Predictions for validation examples: a table, two charts, and sentences about them."""

from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from dashboard.draw.marks import NUMBER, PLAIN, color, meaning

SCATTERED = 200
"""The largest number of examples that are drawn as points."""


def table(x: np.ndarray, true: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Returns the first examples with finite predictions, at most `SCATTERED`.

    Columns: `true`, `predicted`, `residual`, and `length` (the norm of x).

    Args:
      x: `[N, D]`.
      true: `[N]`.
      predicted: `[N]`.
    """
    length = np.linalg.norm(x, axis=1)
    columns = {"true": true, "predicted": predicted, "residual": predicted - true, "length": length}
    rows = pd.DataFrame(columns).astype(float)
    return rows[np.isfinite(rows["predicted"])].head(SCATTERED).round(4)


def explained(true: pd.Series, residual: pd.Series) -> str:
    """Returns a sentence with the R² of the drawn examples."""
    explained = 1 - float((residual**2).mean() / true.var(ddof=0))
    if explained <= 0:
        return "R² is not above 0 for these examples: the network predicts no better than the mean."
    digits = 4 if explained > 0.995 else 2
    return f"R² = {explained:.{digits}f} for these validation examples."


def spread(length: np.ndarray, residual: np.ndarray) -> str:
    """Returns what the dots are and, if true, that the errors are larger for short or long x.

    Args:
      length: `[N]`, the norm of each x.
      residual: `[N]`.
    """
    squares = residual[np.argsort(length, kind="stable")] ** 2
    short, middle, long = (part.mean() for part in np.array_split(squares, 3))
    off = ", with larger errors where x is short or long" if min(short, long) > 2 * middle else ""
    return f"Each dot is a validation example{off}."


@cache
def predicted_against_true() -> dict[str, Any]:
    """Returns predictions against true values, with the diagonal. Table: `predictions`."""
    points = _scatter("true:Q", "true value", "predicted:Q", "predicted value")
    diagonal = alt.Chart(alt.NamedData("predictions")).mark_line(strokeWidth=1, strokeDash=[4, 3])
    return (diagonal.encode(x="true:Q", y="true:Q", color=meaning("text")) + points).to_dict()


@cache
def residual_against_length() -> dict[str, Any]:
    """Returns residuals against the length of x. Tables: `predictions` and `zero` (a rule at 0)."""
    points = _scatter("length:Q", "length of x", "residual:Q", "predicted − true")
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(strokeDash=[4, 3], aria=False)
    return (zero.encode(y="residual:Q", color=meaning("text")) + points).to_dict()


def _scatter(x: str, x_title: str, y: str, y_title: str) -> alt.Chart:
    # Without padding, a label at the very edge would be cut off.
    across = alt.X(x).title(x_title).scale(nice=False, padding=12)
    across = across.axis(grid=False, labelExpr=NUMBER)
    up = alt.Y(y).title(y_title).axis(labelExpr=NUMBER)
    return (
        alt.Chart(alt.NamedData("predictions"), height=300)
        .transform_calculate(series="'val'")
        .mark_circle(size=22, opacity=0.5, **PLAIN)
        .encode(
            across,
            up,
            color=color(),
        )
    )
