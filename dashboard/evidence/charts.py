"""Charts of a run's evidence as Vega-Lite specifications, each built once."""

from functools import cache, lru_cache
from typing import Any

import altair as alt

from dashboard.draw.line_charts import UPDATES, lines, log_axis
from dashboard.draw.marks import NUMBER, by_place, color, meaning, words_on_lines

HEIGHT = 230


@cache
def ledger() -> dict[str, Any]:
    """Returns every array against the key that drew it. Table: `draws`."""
    arrays = by_place(alt.Y("array:N")).title(None)
    keys = by_place(alt.X("key:N"), "key_place").title("random keys, by first use")
    base = alt.Chart(alt.NamedData("draws")).encode(
        keys.axis(labels=False, ticks=False, grid=True),
        arrays.axis(grid=False, ticks=False, domain=False, labelFontSize=11),
    )
    dots = base.mark_point(filled=True, size=90, opacity=1, aria=False).encode(
        color=color(), shape=_shape(), tooltip=[alt.Tooltip("key:N", title="key data")]
    )
    return dots.properties(height=max(HEIGHT, 260)).to_dict()


def _shape() -> alt.Shape:
    """Returns circles for correct values and diamonds for wrong ones."""
    scale = alt.Scale(domain=["val", "train"], range=["circle", "diamond"])
    return alt.Shape("series:N").scale(scale).legend(None)


@lru_cache(4)
def units(x_title: str, y_title: str) -> dict[str, Any]:
    """Returns a scatter plot of units, with lines at 0. Tables: `units` and `zero`."""
    across = alt.X("x:Q").title(x_title).axis(grid=False, tickCount=5)
    up = alt.Y("y:Q").title(y_title).axis(grid=False, tickCount=5)
    zero = alt.Chart(alt.NamedData("zero"))
    rules = [
        zero.mark_rule(strokeDash=[3, 3], aria=False).encode(x="x:Q", color=meaning("v1")),
        zero.mark_rule(strokeDash=[3, 3], aria=False).encode(y="y:Q", color=meaning("v1")),
    ]
    dots = (
        alt.Chart(alt.NamedData("units"))
        .mark_point(filled=True, size=70, opacity=0.9, aria=False)
        .encode(across, up, color=color(), shape=_shape(), tooltip=[alt.Tooltip("name:N")])
    )
    return alt.layer(*rules, dots).properties(height=HEIGHT).to_dict()


@lru_cache(8)
def layers(title: str, logarithmic: bool) -> dict[str, Any]:
    """Returns a line for each layer over the updates. Tables: `lines` and `ends` (their labels)."""
    value = alt.Y("value:Q").title(title)
    linear = value.axis(labelExpr=NUMBER, tickCount=5)
    value = log_axis(value, 1, 2, 5) if logarithmic else linear
    ends = alt.Chart(alt.NamedData("ends"))
    ends = ends.encode(UPDATES, value, text="line:N", color=meaning("text"))
    early = words_on_lines(
        ends.transform_filter("datum.early"), align="left", dx=4, dy=-8, fontSize=11
    )
    late = words_on_lines(ends.transform_filter("!datum.early"), align="right", dy=-8, fontSize=11)
    drawn = lines("lines", UPDATES, value)
    return alt.layer(drawn, *early, *late).properties(height=HEIGHT).to_dict()


@cache
def scaled() -> dict[str, Any]:
    """Returns the predictions for scaled inputs, a line for each input. Table: `lines`."""
    scale = alt.X("update:Q").title("scale of the input").axis(grid=False, tickCount=5)
    value = alt.Y("value:Q").title("prediction").scale(zero=False).axis(labelExpr=NUMBER)
    return lines("lines", scale, value, point=True).properties(height=HEIGHT).to_dict()


@cache
def rows_seen() -> dict[str, Any]:
    """Returns the number of rows in each update's minibatch. Table: `rows`."""
    return (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar(aria=False)
        .encode(
            alt.X("update:Q").title("updates").axis(grid=False).scale(domainMin=0, nice=False),
            alt.Y("rows:Q").title("rows in the minibatch"),
            color=color(),
        )
        .properties(height=HEIGHT)
        .to_dict()
    )


@lru_cache(4)
def bars(title: str, logarithmic: bool) -> dict[str, Any]:
    """Returns a bar for each named value. Table: `bars`."""
    names = by_place(alt.Y("label:N")).title(None)
    names = names.axis(ticks=False, domain=False, labelLimit=150, labelPadding=6)
    # The table gives the start of each bar, because a logarithmic axis has no 0.
    scale = alt.Scale(type="log", nice=False) if logarithmic else alt.Scale(zero=True)
    values = alt.X("end:Q").title(title).scale(scale)
    values = values.axis(labelExpr=NUMBER, grid=False, tickCount=4)
    # The shortest bar must remain visible; its label shows the value.
    base = alt.Chart(alt.NamedData("bars")).transform_calculate(
        end="max(datum.value, 1.3 * datum.begin)"
    )
    base = base.encode(names)
    drawn = base.mark_bar(cornerRadiusEnd=3, height=18, aria=False).encode(
        values, x2="begin:Q", color=color()
    )
    numbers = base.mark_text(align="left", dx=6, fontSize=12).encode(
        alt.X("end:Q").scale(scale), text="text:N", color=meaning("text")
    )
    return alt.layer(drawn, numbers).properties(height=150).to_dict()
