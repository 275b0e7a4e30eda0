"""The data of the loss chart, and the chart of each probe.

The chart of a probe is that of the Diagnosis page, without marks for wrong values.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from dashboard.draw import tidy
from dashboard.evidence import charts, tables
from dashboard.evidence.pictures import PICTURES, Drawing

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence, Finding
    from mlp_core.engine.training import Run

_UNMARKED = "val"
"""The series of all marks. The Diagnosis page uses another series for wrong values."""

_NAMED = "pinned"
"""The series of the line that has a label."""

Drawn = Callable[["Evidence"], Drawing | None]


def loss_tables(
    run: "Run", other: "Run | None" = None, name: str = "", symptom: "Finding | None" = None
) -> dict[str, pd.DataFrame]:
    """Returns the tables of `line_charts.losses`: a run's losses, and another run's val loss.

    Args:
      name: that of the other run's line.
      symptom: the finding whose updates are marked.
    """
    lines = [] if other is None else [tidy.line(other.updates, other.val_loss, _NAMED, name)]
    lines.append(tidy.line(run.updates, run.train_loss, "train", "train"))
    lines.append(tidy.line(run.updates, run.val_loss, "val", "val"))
    curves = pd.concat(lines, ignore_index=True)
    ends = curves[curves["series"] == _NAMED].drop_duplicates("line", keep="last")
    return {"curves": curves, "ends": ends, "marked": tables.marked(symptom)}


def _plain(check: str, title: str) -> Callable[["Evidence"], Drawing]:
    """Returns the function that draws a chart of the Diagnosis page, by its check and title."""
    return next(picture.drawn for picture in PICTURES[check] if picture.title == title)


def _unmarked(check: str, title: str) -> Callable[["Evidence"], Drawing]:
    """Returns the function that draws a chart of the Diagnosis page in one color."""
    draw = _plain(check, title)

    def one_colored(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(series=_UNMARKED) if "series" in rows else rows

    def drawn(evidence: "Evidence") -> Drawing:
        drawing = draw(evidence)
        rows = {name: one_colored(table) for name, table in drawing.tables.items()}
        return drawing._replace(tables=rows, caption="")

    return drawn


def _direction(evidence: "Evidence") -> Drawing:
    lines = tables.layer_lines(evidence, evidence.steps.alignment[:, None], positive=False)
    spec = charts.layers("cosine with the steepest descent", logarithmic=False)
    return Drawing(spec, {"lines": lines, "ends": lines.head(0)}, "")


def _start(evidence: "Evidence") -> Drawing | None:
    """Returns the initial gains and biases, or None if all units are equal."""
    drawing = _unmarked("drawn_norm", "Gains, biases")(evidence)
    return drawing if drawing.tables["units"]["x"].nunique() > 1 else None


def _one_batch(evidence: "Evidence") -> Drawing:
    """Returns only the line of this run, because the other line would reveal the optimizer."""
    drawing = _plain("one_batch", "One minibatch")(evidence)
    lines = drawing.tables["lines"]
    own = lines[lines["series"] == _UNMARKED]
    return drawing._replace(tables={"lines": own, "ends": tables.ends(own)}, caption="")


PICTURES_OF: dict[str, Drawn] = {
    "baselines": _plain("least_squares", "Losses"),
    "rows": _unmarked("empty_batches", "Rows"),
    "ledger": _unmarked("reused_keys", "Keys"),
    "start": _start,
    "direction": _direction,
    "scaled": _unmarked("wall", "Scaled inputs"),
    "gradients": _plain("diverged", "Gradients"),
    "dead_units": _plain("dead_layer", "Dead units"),
    "one_batch": _one_batch,
}
"""The charts of the probes that have one."""
