"""Tidy tables for the Detective page."""

from typing import TYPE_CHECKING

import pandas as pd

from dashboard.draw import tidy
from dashboard.evidence.tables import marked

if TYPE_CHECKING:
    from mlp_core.engine.training import Run

NO_MARK = marked(None)
"""The table of marked updates if none are marked."""


def curves(run: "Run", other: "Run | None" = None, name: str = "") -> pd.DataFrame:
    """Returns a run's losses and another run's val loss: `update`, `loss`, `series`, `line`.

    Args:
      name: that of the other run's line.
    """
    lines = [] if other is None else [tidy.line(other.updates, other.val_loss, "pinned", name)]
    lines.append(tidy.line(run.updates, run.train_loss, "train", "train"))
    lines.append(tidy.line(run.updates, run.val_loss, "val", "val"))
    return pd.concat(lines, ignore_index=True)


def ends(curves: pd.DataFrame) -> pd.DataFrame:
    """Returns the position of the other run's label: `update`, `loss`, `series`, `line`."""
    return curves[curves["series"] == "pinned"].drop_duplicates("line", keep="last")
