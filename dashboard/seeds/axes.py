"""What the charts share beside `dashboard.draw.marks`: rows of words, axes of drops.

Left of their plots the charts keep room for words and dots: the axis there has no labels, only an
extent, and marks are placed in it by pixels. So one chart holds a table and its picture, as wide as
the page allows.
"""

from typing import Any

import altair as alt

from dashboard.draw.marks import NUMBER, by_place, loss_axis, meaning

UNDER = 58
"""What stands under a plot, in pixels: ticks, numbers and a title."""

UNDER_UNTITLED = 29
"""The same without a title."""

LOSS_AXIS = loss_axis(1, 2, 5, line=0.6)
"""Between 1 and 10 only 1, 2 and 5 get a number and a line."""

DROPS = {"log10": "val loss lower by this factor, log scale", "plain": "drop of the val loss"}
"""The title of an axis of drops, by unit."""


def rows_with_room(field: str, by: str, extent: int | alt.ExprRef) -> alt.Y:
    """Returns rows without labels, with room for words at the left.

    Args:
      by: the field that sorts the rows.
    """
    axis = alt.Axis(
        labels=False, ticks=False, domain=False, grid=False, title=None, minExtent=extent
    )
    rows = by_place(alt.Y(field), by).axis(axis)
    return rows.scale(alt.Scale(paddingInner=0, paddingOuter=0))


def drop_axis(field: str, unit: str) -> alt.X:
    """Returns the axis of a drop: as a factor on a log scale, or plain."""
    across = alt.X(field).title(DROPS[unit])
    if unit == "log10":
        across = across.scale(type="log", nice=False, padding=14)
    else:
        across = across.scale(padding=14)
    return across.axis(labelExpr=NUMBER, tickCount=5, labelOverlap=True)


def zero_line(unit: str) -> alt.Chart:
    """Returns the line at which a fix changes nothing."""
    nothing = alt.Chart(alt.NamedData("nothing"))
    return nothing.mark_rule(strokeDash=[3, 3], aria=False).encode(
        drop_axis("nothing:Q", unit), color=meaning("v1")
    )


def high(rows: int, row_height: int, under: int = UNDER) -> dict[str, Any]:
    """Returns the height of a chart of so many rows, axes included, to add to its specification.

    Altair takes a tenth of a second for a specification: with its height left out one serves all.
    """
    return {"height": rows * row_height + under}
