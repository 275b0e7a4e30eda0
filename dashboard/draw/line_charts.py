"""Line charts of losses and other values, from which the pages build their charts."""

from functools import lru_cache
from typing import Any

import altair as alt

from dashboard.draw.marks import PLAIN, color, dash, loss_axis, meaning

UPDATES = alt.X("update:Q").title("updates").axis(grid=False, tickCount=6, tickMinStep=1)


def log_axis(axis: Any, *digits: int, padding: int = 12) -> Any:
    """Returns an axis with a log scale that ends near the data instead of at a power of ten.

    Args:
      axis: an `alt.X` or `alt.Y`.
      digits: the multiples of each power of ten that get a label; see `loss_axis`.
      padding: the room at both ends, in pixels.
    """
    scale = "x" if isinstance(axis, alt.X) else "y"
    axis = axis.scale(type="log", nice=False, padding=padding)
    return axis.axis(**loss_axis(*digits, scale=scale))


def lines(
    table: str, x: alt.X, y: alt.Y, shown: tuple[str, ...] = (), by: str = "line", **style: Any
) -> alt.Chart:
    """Returns a line for each value of the column `by`, in the color and dash of its `series`.

    Args:
      table: the name of the table.
      shown: the series in the legend.
      style: options for `mark_line`.
    """
    return (
        alt.Chart(alt.NamedData(table))
        .mark_line(**{"strokeWidth": 2.2, **PLAIN, **style})
        .encode(x, y, detail=f"{by}:N", color=color(shown), strokeDash=dash(shown))
    )


def marked_updates() -> list[alt.Chart]:
    """Returns marks for a range of updates, with a label. Table: `marked`."""
    marked = alt.Chart(alt.NamedData("marked")).encode(alt.X("first:Q"))
    # A series color would give the legend the low opacity of this band.
    band = marked.mark_rect(color="gray", opacity=0.16, aria=False).encode(x2="last:Q")
    edge = marked.mark_rule(color="gray", strokeWidth=2, aria=False)
    words = marked.mark_text(align="left", dx=6, fontSize=12).encode(
        y=alt.value(10), text="text:N", color=meaning("text")
    )
    return [band, edge, words]


@lru_cache(4)
def losses(height: int) -> dict[str, Any]:
    """Returns losses. Tables: `curves`, `ends` (labels; may be absent), and `marked` (updates)."""
    loss = log_axis(alt.Y("loss:Q").title("mean squared error, log scale"), 1, 2, 3, 5, 7)
    shown = ("val", "train")
    names = (
        alt.Chart(alt.NamedData("ends"))
        .mark_text(align="right", dy=-8, fontSize=12)
        .encode(UPDATES, loss, text="line:N", color=color(shown))
    )
    layers = (lines("curves", UPDATES, loss, shown), names, *marked_updates())
    return alt.layer(*layers).properties(height=height).to_dict()
