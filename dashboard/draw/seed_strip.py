"""The effect of fixes on each seed of a grid, as a slim strip with one tick for each seed."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from dashboard.draw import words
from dashboard.draw.marks import NUMBER, color, meaning


@cache
def chart() -> dict[str, Any]:
    """Returns the strip: tables `seeds` and `same`, the rule at 1."""
    factor = (
        alt.X("factor:Q")
        .title("val loss after this fix ÷ before, log scale")
        .scale(type="log", nice=False, padding=12)
        .axis(grid=False, labelExpr=NUMBER, tickCount=5)
    )
    rule = alt.Chart(alt.NamedData("same")).mark_rule(strokeDash=[4, 3], aria=False)
    ticks = alt.Chart(alt.NamedData("seeds")).mark_tick(thickness=2, opacity=0.7, aria=False)
    tooltip = [
        alt.Tooltip("seed:Q", title="seed", format="d"),
        alt.Tooltip("before:N", title="before"),
        alt.Tooltip("after:N", title="after"),
    ]
    layers = alt.layer(
        rule.encode(factor, color=meaning("text")),
        ticks.encode(factor, color=color(), tooltip=tooltip),
    )
    return layers.properties(height=100).to_dict()


def tables(
    seeds: Sequence[int], before: np.ndarray, after: np.ndarray, factor: np.ndarray
) -> dict[str, pd.DataFrame]:
    """Returns the tables of the strip; seeds without a positive, finite factor are left out.

    The series is "val" where the step lowers the loss, and "train" where it does not.

    Args:
      before: `[S]`, val losses.
      after: `[S]`.
      factor: `[S]`, of the loss that statistics count after the step to that before.
    """
    table = pd.DataFrame(
        {
            "seed": seeds,
            "factor": factor,
            "before": [words.loss(float(loss)) for loss in before],
            "after": [words.loss(float(loss)) for loss in after],
            "series": np.where(factor < 1, "val", "train"),
        }
    )
    table = table[np.isfinite(factor) & (factor > 0)]
    return {"seeds": table, "same": pd.DataFrame({"factor": [1.0]})}
