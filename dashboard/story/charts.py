"""The Story's charts as Vega-Lite specifications, each built once."""

from functools import cache
from typing import Any, Literal

import altair as alt

from dashboard.draw import predictions
from dashboard.draw.line_charts import UPDATES, lines, log_axis
from dashboard.draw.marks import NUMBER, color, meaning

_SCALED_HEIGHT = 300
_SLIDER = 84  # pixels, including the gap below the slider


@cache
def step_curves() -> dict[str, Any]:
    """Returns the val loss curves of two stages. Tables: `curves` and `ends`."""
    loss = log_axis(alt.Y("loss:Q").title("val loss, log scale"), 1, 2, 3, 5, 7, padding=14)
    ends = alt.Chart(alt.NamedData("ends")).encode(
        UPDATES, loss, text="line:N", color=meaning("text")
    )
    layers = (lines("curves", UPDATES, loss), *_names(ends, align="right", dx=-2))
    return alt.layer(*layers).properties(height=250).to_dict()


@cache
def scaled_input() -> dict[str, Any]:
    """Returns the predictions for one input at many lengths. Tables: `scaled`, `now`, and `span`.

    The marks of `span` are invisible; they set the least extent of the axis.
    """
    factor = (
        alt.X("factor:Q")
        .title("length relative to the original input")
        .axis(grid=False, tickCount=6)
    )
    value = alt.Y("value:Q").title("prediction for this input").scale(zero=False, padding=10)
    value = value.axis(labelExpr=NUMBER)
    now = alt.Chart(alt.NamedData("now")).encode(factor, value, color=color())
    dots = now.mark_point(filled=True, size=90, opacity=1, aria=False)
    names = _names(now.encode(text="text:N", color=meaning("text")), align="left", dx=-8)
    unseen = _unseen().encode(factor, value)
    layers = alt.layer(unseen, lines("scaled", factor, value), dots, *names)
    return layers.properties(height=_SCALED_HEIGHT).to_dict()


@cache
def residuals() -> dict[str, Any]:
    """Returns the Lab's chart of residuals, with axes that cover at least the table `span`.

    The height aligns its bottom with `scaled_input`, which is beside it and below a slider.
    """
    unseen = _unseen().encode(x="length:Q", y="residual:Q").to_dict()
    chart = predictions.residual_against_length()
    first = {part: unseen[part] for part in ("data", "mark", "encoding")}
    return chart | {"layer": [first, *chart["layer"]], "height": _SCALED_HEIGHT + _SLIDER}


def _unseen() -> alt.Chart:
    """Returns invisible marks that widen the axes."""
    return alt.Chart(alt.NamedData("span")).mark_tick(opacity=0, aria=False)


def _names(points: alt.Chart, align: Literal["left", "right"], dx: int) -> list[alt.Chart]:
    """Returns labels for two points: above the upper point and below the lower one."""
    above = points.transform_filter("datum.upper").mark_text(align=align, dx=dx, dy=-12)
    below = points.transform_filter("!datum.upper").mark_text(align=align, dx=dx, dy=14)
    return [above, below]
