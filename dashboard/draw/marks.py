"""Building blocks of all charts: the series, their colors and dashes, axes, and labels.

The colors of the series are in `.streamlit/config.toml`.
"""

from typing import Any

import altair as alt

SERIES = ("val", "train", "batch", "v1", "pinned", "stage", "text")
"""The series, in the order of the theme's `chartCategoricalColors`."""

DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (1, 0), (1, 0), (2, 3), (7, 3), (1, 0), (1, 3))
"""The dash of each series, so that lines do not differ only in color."""

PLAIN: dict[str, Any] = {"aria": False, "invalid": None}
"""Options for marks with many rows, which save Vega two expressions for each row.

The first checks for invalid numbers, which the tables do not contain. The second describes the
point for screen readers, for which the description of the whole chart is enough.
"""

_NARROW = 3
"""Between two powers of ten, such an axis may have none of the labels of `loss_axis`."""

NUMBER = (
    "datum.value && (abs(datum.value) >= 1e5 || abs(datum.value) < 1e-3) ? "
    "replace(format(datum.value, '.3~e'), '+', '') : format(datum.value, ',.5~g')"
)
"""The expression for axis labels. Very large and very small numbers are shortened to `1e10`."""


def loss_axis(*digits: int, line: float = 1.0, scale: str = "") -> dict[str, Any]:
    """Returns the options of a logarithmic axis with few labels between powers of ten.

    Args:
      digits: the multiples of each power of ten that get a label, 1 to 9.
      line: the opacity of the grid lines at the labels.
      scale: the name of the axis's scale, "x" or "y". If it is given, every tick has a label on an
        axis whose values differ by less than a factor of `_NARROW`.
    """
    first = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
    shown = f"indexof({list(digits)}, {first}) >= 0"
    if scale:
        shown = f"(domain('{scale}')[1] < {_NARROW} * domain('{scale}')[0] || {shown})"
    return {
        "labelExpr": f"{shown} ? ({NUMBER}) : ''",
        "labelOverlap": "greedy",  # drops only labels that overlap, not every other one
        "gridOpacity": {"condition": {"test": shown, "value": line}, "value": 0},
    }


def by_place(axis: Any, place: str = "place") -> Any:
    """Returns a categorical axis in the order of a column.

    Without an explicit order, Vega keeps the old order of the names when a chart gets new data.
    """
    return axis.sort(field=place, op="min")


def color(shown: tuple[str, ...] = ()) -> alt.Color:
    """Returns the color encoding of the series. The theme defines the colors in the same order.

    Args:
      shown: the series in the legend.
    """
    return alt.Color("series:N").scale(domain=list(SERIES)).legend(_legend(shown))


def meaning(series: str) -> Any:
    """Returns the color of one series for all rows. Another layer of the chart must use `color`."""
    return alt.datum(series, type="nominal")


def dash(shown: tuple[str, ...] = ()) -> alt.StrokeDash:
    """Returns the dash encoding of the series.

    Args:
      shown: the series in the legend.
    """
    dashes = [list(dash) for dash in DASHES]
    scale = alt.Scale(domain=list(SERIES), range=dashes)
    return alt.StrokeDash("series:N").scale(scale).legend(_legend(shown))


def words_on_lines(base: alt.Chart, **style: Any) -> list[alt.Chart]:
    """Returns text with an outline in the background color, which stays readable on top of lines.

    Args:
      base: a chart that encodes the position and the text.
      style: options for `mark_text`.
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
