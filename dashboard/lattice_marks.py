"""What the Lattice's charts are made of: colours by meaning, rows of words, axes.

Left of their plots the charts keep room for words and dots: the axis there has no labels, only an
extent, and marks are placed in it by pixels. So one chart holds a table and its picture, as wide as
the page allows.
"""

from typing import Any

import altair as alt

from dashboard.palette import SERIES

PLAIN: dict[str, Any] = {"aria": False, "invalid": None}
"""For marks of which there are many: no check of each row, no description of each for readers."""

UNDER = 58
"""What stands under a plot: ticks, numbers and a title."""

_DIGIT = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
LOSS_LABELS = f"indexof([1, 2, 5], {_DIGIT}) >= 0 ? format(datum.value, '~g') : ''"
"""Between 1 and 10 only 1, 2 and 5 get a number."""

DROPS = {"log10": "times lower val loss, log scale", "plain": "drop of the val loss"}
"""The title of an axis of drops, by unit."""


def color() -> alt.Color:
    """Returns the colour of each row's own meaning; the theme has the colours."""
    return alt.Color("series:N").scale(domain=list(SERIES)).legend(None)


def meaning(series: str) -> Any:
    """Returns the colour of one meaning for all rows; another layer must have `color`."""
    return alt.datum(series, type="nominal")


def rows_with_room(field: str, extent: int) -> alt.Y:
    """Returns rows without labels, with room for words at the left."""
    axis = alt.Axis(
        labels=False, ticks=False, domain=False, grid=False, title=None, minExtent=extent
    )
    return alt.Y(field).sort(None).axis(axis).scale(alt.Scale(paddingInner=0, paddingOuter=0))


def drop_axis(field: str, unit: str) -> alt.X:
    """Returns the axis of a drop: as a factor on a log scale, or plain."""
    across = alt.X(field).title(DROPS[unit])
    if unit == "log10":
        across = across.scale(type="log", nice=False, padding=14)
    else:
        across = across.scale(padding=14)
    return across.axis(format="~g", tickCount=5, labelOverlap=True)


def zero_line(unit: str) -> alt.Chart:
    """Returns the line at which a fix changes nothing."""
    nothing = alt.Chart(alt.NamedData("nothing"))
    return nothing.mark_rule(strokeDash=[3, 3], aria=False).encode(
        drop_axis("nothing:Q", unit), color=meaning("v1")
    )


def sized(chart: alt.LayerChart | alt.FacetChart, height: int) -> dict[str, Any]:
    """Returns the specification of a chart so high in all, axes included."""
    return chart.properties(height=height).to_dict()
