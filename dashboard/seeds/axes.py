"""Axes that the charts of the Seeds page share: rows with text, and decreases of the val loss.

The charts reserve space for text and dots to the left of their plots: the vertical axis has no
labels, only an extent, and marks are placed there in pixels. One chart can then show a table beside
its plot and use the full width of the page.
"""

from typing import Any

import altair as alt

from dashboard.draw.marks import NUMBER, by_place, loss_axis, meaning

UNDER = 58
"""The height below a plot in pixels: ticks, labels, and an axis title."""

UNDER_UNTITLED = 29
"""The height below a plot without an axis title, in pixels."""

LOSS_AXIS = loss_axis(1, 2, 5, line=0.6)
"""An axis with a label and a grid line only at 1, 2, and 5 times each power of ten."""

DROPS = {"log10": "loss reduction factor, log scale", "plain": "decrease of the val loss"}
"""The title of an axis of decreases of the val loss, by unit."""


def rows_with_room(field: str, by: str, extent: int | alt.ExprRef) -> alt.Y:
    """Returns a vertical axis of rows without labels, with space for text at the left.

    Args:
      by: the field that sorts the rows.
    """
    axis = alt.Axis(
        labels=False, ticks=False, domain=False, grid=False, title=None, minExtent=extent
    )
    rows = by_place(alt.Y(field), by).axis(axis)
    return rows.scale(alt.Scale(paddingInner=0, paddingOuter=0))


def drop_axis(field: str, unit: str) -> alt.X:
    """Returns the axis of a decrease of the val loss: a factor on a log scale, or a difference."""
    across = alt.X(field).title(DROPS[unit])
    if unit == "log10":
        across = across.scale(type="log", nice=False, padding=14)
    else:
        across = across.scale(padding=14)
    return across.axis(labelExpr=NUMBER, tickCount=5, labelOverlap=True)


def zero_line(unit: str) -> alt.Chart:
    """Returns the line that marks no effect. Table: `nothing`."""
    nothing = alt.Chart(alt.NamedData("nothing"))
    return nothing.mark_rule(strokeDash=[3, 3], aria=False).encode(
        drop_axis("nothing:Q", unit), color=meaning("v1")
    )


def high(rows: int, row_height: int, under: int = UNDER) -> dict[str, Any]:
    """Returns the height of a chart with this many rows, as an entry for its specification.

    Altair needs a tenth of a second to build a specification. One without a height is built once
    and serves every number of rows.
    """
    return {"height": rows * row_height + under}
