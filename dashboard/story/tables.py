"""Tidy tables for the Story's charts."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dashboard.draw import tidy

if TYPE_CHECKING:
    from mlp_core.engine.training import Run


def step_curves(before: "Run", after: "Run", names: tuple[str, str]) -> pd.DataFrame:
    """Returns the val losses of two stages: `update`, `loss`, `series`, `line`.

    Args:
      names: those of the previous stage and of the stage.
    """
    return pd.concat(
        [
            tidy.line(before.updates, before.val_loss, "v1", names[0]),
            tidy.line(after.updates, after.val_loss, "val", names[1]),
        ],
        ignore_index=True,
    )


def ends(curves: pd.DataFrame) -> pd.DataFrame:
    """Returns the last point of each line: `update`, `loss`, `line`, `upper` (true if higher)."""
    points = curves.drop_duplicates("line", keep="last")
    return points.assign(upper=points["loss"] == points["loss"].max())


def scaled(
    factors: np.ndarray, predicted: np.ndarray, true: np.ndarray | None, now: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns the predicted and the true value of one input at many lengths, and at the chosen one.

    Args:
      factors: `[K]`, ascending.
      predicted: `[K]`.
      true: `[K]`; None if the task has no formula for other lengths.
      now: the factor that the reader has chosen.

    Returns:
      Two tables of `factor`, `value`, `line`, `series`. The second also has `text`, and `upper`,
      which is true for the higher of its two points.
    """
    lines = {"predicted": (predicted, "val")}
    if true is not None:
        lines["true"] = (true, "v1")
    table = pd.concat(
        [
            pd.DataFrame({"factor": factors, "value": values, "line": name, "series": series})
            for name, (values, series) in lines.items()
        ],
        ignore_index=True,
    )
    nearest = factors[np.argmin(np.abs(factors - now))]
    chosen = table[table["factor"] == nearest]
    return table, chosen.assign(
        text=[f"{row.line} {_number(row.value)}" for row in chosen.itertuples(index=False)],
        upper=chosen["value"] == chosen["value"].max(),
    )


def span(predicted: np.ndarray, unit: float) -> pd.DataFrame:
    """Returns two points that the axis of predictions must include: `factor`, `value`.

    Args:
      predicted: `[K]`.
      unit: the standard deviation of the target. A change that is small in comparison must look
        small in the chart.
    """
    return pd.DataFrame({"factor": 1.0, "value": [predicted[0] - unit, predicted[0] + unit]})


def _number(value: float) -> str:
    """Returns a value as text, with enough digits for large and small targets."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:z.3g}".replace("-", "−")
