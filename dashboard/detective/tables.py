"""The Detective page's tidy tables."""

from typing import TYPE_CHECKING

import pandas as pd

from dashboard.draw import tidy
from dashboard.evidence.tables import marked

if TYPE_CHECKING:
    from mlp_core.engine.training import Run

NO_MARK = marked(None)
"""The updates that are marked where none are."""


def curves(run: "Run", other: "Run | None" = None, name: str = "") -> pd.DataFrame:
    """Returns a run's losses, another's val loss beside them: `update`, `loss`, `series`, `line`.

    Args:
      name: what the other run's line is called.
    """
    lines = [] if other is None else [tidy.line(other.updates, other.val_loss, "pinned", name)]
    lines.append(tidy.line(run.updates, run.train_loss, "train", "train"))
    lines.append(tidy.line(run.updates, run.val_loss, "val", "val"))
    return pd.concat(lines, ignore_index=True)


def ends(curves: pd.DataFrame) -> pd.DataFrame:
    """Returns where the name of the other run stands: `update`, `loss`, `series`, `line`."""
    return curves[curves["series"] == "pinned"].drop_duplicates("line", keep="last")
