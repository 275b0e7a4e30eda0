"""What every chart is made of: the encodings of the `palette`, the axis of losses."""

from typing import Any

import altair as alt

from dashboard.draw.palette import DASHES, SERIES

PLAIN: dict[str, Any] = {"aria": False, "invalid": None}
"""For marks of which there are many.

Vega interprets an expression for each row for these: no checks of rows that are known to be
numbers, no description of each point for screen readers, which read the chart's own.
"""


NUMBER = (
    "datum.value && (abs(datum.value) >= 1e5 || abs(datum.value) < 1e-3) ? "
    "replace(format(datum.value, '~e'), '+', '') : format(datum.value, ',~g')"
)
"""The label of an axis: `1e10` where a number has more digits than a reader counts."""


def loss_axis(*digits: int, line: float = 1.0) -> dict[str, Any]:
    """Returns a logarithmic axis on which, between powers of ten, few places get a number.

    Args:
      digits: those that do, 1 to 9.
      line: how opaque the grid's lines at them are.
    """
    first = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
    shown = f"indexof({list(digits)}, {first}) >= 0"
    return {
        "labelExpr": f"{shown} ? ({NUMBER}) : ''",
        "labelOverlap": "greedy",  # of many labels keeps those that fit, not every other one
        "gridOpacity": {"condition": {"test": shown, "value": line}, "value": 0},
    }


def by_place(axis: Any, place: str = "place") -> Any:
    """Returns a categorical axis in the order of a column.

    Without a column or a list Vega keeps the names of a chart that gets new data where they were.
    """
    return axis.sort(field=place, op="min")


def color(shown: tuple[str, ...] = ()) -> alt.Color:
    """Returns the color of each meaning; the theme has the colors, in the same order.

    Args:
      shown: the meanings in the legend.
    """
    return alt.Color("series:N").scale(domain=list(SERIES)).legend(_legend(shown))


def meaning(series: str) -> Any:
    """Returns the color of one meaning for all rows; another layer must have `color`."""
    return alt.datum(series, type="nominal")


def dash(shown: tuple[str, ...] = ()) -> alt.StrokeDash:
    """Returns the dash of each meaning.

    Args:
      shown: the meanings in the legend.
    """
    dashes = [list(dash) for dash in DASHES]
    scale = alt.Scale(domain=list(SERIES), range=dashes)
    return alt.StrokeDash("series:N").scale(scale).legend(_legend(shown))


def words_on_lines(base: alt.Chart, **style: Any) -> list[alt.Chart]:
    """Returns words that can be read where lines cross them: an edge of the page's color below.

    Args:
      base: says where the words stand and what they are.
      style: of the words, as for `mark_text`.
    """
    page = alt.ExprRef("background")
    edge = base.mark_text(stroke=page, strokeWidth=4, strokeJoin="round", aria=False, **style)
    return [edge, base.mark_text(**style)]


def _legend(shown: tuple[str, ...]) -> alt.Legend | None:
    if not shown:
        return None
    return alt.Legend(
        title=None,
        orient="top",
        values=list(shown),
        symbolType="stroke",
        symbolSize=220,
        symbolStrokeWidth=2.5,
        columnPadding=4,
        labelLimit=60,
    )
