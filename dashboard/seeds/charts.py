"""The Seeds page's charts as Vega-Lite specifications, each built once."""

from functools import cache, lru_cache
from typing import Any

import altair as alt

from dashboard.draw.marks import NUMBER, PLAIN, by_place, color, meaning
from dashboard.seeds.axes import DROPS, LOSS_AXIS, drop_axis, rows_with_room, zero_line

_PAIRED_HEIGHT = 330
"""The height in pixels of the two charts of a step, which are side by side."""


@lru_cache(2)
def values(unit: str) -> dict[str, Any]:
    """Returns the effect of each fix with its 95% interval. Table: `values`."""
    drop = drop_axis("value:Q", unit)
    base = alt.Chart(alt.NamedData("values")).encode(rows_with_room("fix:N", "place", 112))
    intervals = base.mark_rule(strokeWidth=3, opacity=0.45, **PLAIN).encode(
        drop_axis("low:Q", unit), x2="high:Q", color=color()
    )
    dots = base.mark_point(filled=True, size=95, opacity=1, aria=False).encode(
        drop,
        color=color(),
        shape=_shape("verdict", "no clear effect"),
        tooltip=_value_tooltip(),
    )
    names = base.mark_text(align="left", dy=-7, fontSize=13).encode(
        x=alt.value(-112), text="fix:N", color=meaning("text")
    )
    numbers = base.mark_text(align="left", dy=8, fontSize=12).encode(
        x=alt.value(-112), text="text:N", color=meaning("v1")
    )
    return alt.layer(zero_line(unit), intervals, dots, names, numbers).to_dict()


@cache
def interactions() -> dict[str, Any]:
    """Returns the matrix of interactions between pairs of fixes. Table: `pairs`."""
    names: dict[str, Any] = {"ticks": False, "domain": False, "grid": False, "labelFontSize": 12}
    names["labelFlush"] = False  # centers the first label on its cells, like the others
    across = by_place(alt.X("second:N"), "second_place")
    down = by_place(alt.Y("first:N"), "first_place")
    base = alt.Chart(alt.NamedData("pairs")).encode(
        across.title(None).axis(**names, labelAngle=0),
        down.title(None).axis(**names),
    )
    cells = base.mark_rect(cornerRadius=3, aria=False).encode(
        color=color(),
        opacity=alt.Opacity("strength:Q").scale(domain=[0, 1], range=[0.04, 0.6]).legend(None),
        tooltip=[
            alt.Tooltip("pair:N", title="pair"),
            alt.Tooltip("meaning:N", title="together"),
        ],
    )
    numbers = base.mark_text(fontSize=12).encode(text="text:N", color=meaning("text"))
    return (cells + numbers).to_dict()


@lru_cache(2)
def waterfall(unit: str) -> dict[str, Any]:
    """Returns the val loss before and after each fix of an order. Table: `steps`."""
    mean = "geometric mean" if unit == "log10" else "mean"
    loss = alt.X("before:Q").title(f"{mean} val loss, log scale")
    loss = loss.scale(type="log", nice=False, padding=28).axis(**LOSS_AXIS)
    base = alt.Chart(alt.NamedData("steps")).encode(rows_with_room("step:N", "place", 64))
    bars = base.mark_bar(height=14, cornerRadius=2, aria=False).encode(
        loss,
        x2="after:Q",
        color=color(),
        tooltip=[
            alt.Tooltip("step:N", title="fix"),
            alt.Tooltip("credit:N", title="in this order"),
            alt.Tooltip("text:N", title="val loss after"),
        ],
    )
    ends = base.mark_tick(thickness=2, height=14, aria=False).encode(
        alt.X("after:Q"), color=color()
    )
    numbers = base.mark_text(dy=-15, fontSize=12).encode(
        alt.X("after:Q"), text="text:N", color=meaning("text")
    )
    return alt.layer(bars, ends, numbers, _names(base, 64)).to_dict()


@lru_cache(2)
def credits(unit: str) -> dict[str, Any]:
    """Returns the effects in one order beside those over all orders. Table: `credits`."""
    base = alt.Chart(alt.NamedData("credits")).encode(rows_with_room("step:N", "place", 64))
    link = base.mark_rule(strokeWidth=1.5, strokeDash=[2, 2], **PLAIN).encode(
        drop_axis("value:Q", unit), x2="credit:Q", color=meaning("v1")
    )
    interval = base.mark_rule(strokeWidth=3, opacity=0.45, **PLAIN).encode(
        drop_axis("low:Q", unit), x2="high:Q", color=meaning("v1")
    )
    tooltip = [
        alt.Tooltip("name:N", title="fix"),
        alt.Tooltip("credit_text:N", title="in this order"),
        alt.Tooltip("value_text:N", title="over all orders"),
    ]
    value = base.mark_point(filled=True, size=80, opacity=1, aria=False).encode(
        drop_axis("value:Q", unit), color=meaning("v1"), tooltip=tooltip
    )
    credit = base.mark_point(shape="diamond", filled=True, size=120, opacity=1, aria=False).encode(
        drop_axis("credit:Q", unit), color=color(), tooltip=tooltip
    )
    return alt.layer(zero_line(unit), link, interval, value, credit, _names(base, 64)).to_dict()


@cache
def slopes() -> dict[str, Any]:
    """Returns a line per seed from its val loss before a step to the one after. Table: `slopes`."""
    loss = alt.Y("loss:Q").title("val loss, log scale")
    loss = loss.scale(type="log", nice=False, padding=10).axis(**LOSS_AXIS)
    when = alt.X("when:N").sort(["before", "after"]).title(None)
    when = when.scale(type="point", padding=0.25).axis(labelAngle=0, labelFontSize=13, grid=False)
    base = alt.Chart(alt.NamedData("slopes")).encode(when, loss, color=color())
    lines = base.mark_line(strokeWidth=1.4, opacity=0.5, **PLAIN).encode(detail="seed:N")
    ends = base.transform_filter("!datum.ended").mark_circle(size=24, **PLAIN)
    lost = base.transform_filter("datum.ended").mark_point(shape="cross", size=60, angle=45)
    lost = lost.encode(
        color=meaning("train"),
        tooltip=[alt.Tooltip("seed:N", title="ended in NaN with seed"), alt.Tooltip("when:N")],
    )
    return alt.layer(lines, ends, lost).properties(height=_PAIRED_HEIGHT).to_dict()


@lru_cache(2)
def differences(unit: str) -> dict[str, Any]:
    """Returns the effect in each seed, sorted, with the mean and its interval.

    Tables: `pairs` and `mean`. The selection `run` holds the `seed` of the clicked point.
    """
    mean = alt.Chart(alt.NamedData("mean"))
    band = mean.mark_rect(opacity=0.18, **PLAIN).encode(
        _up("low:Q", unit), y2="high:Q", color=meaning("text")
    )
    line = mean.mark_rule(strokeWidth=1.5, aria=False).encode(
        _up("mean:Q", unit), color=meaning("text")
    )
    same = mean.mark_rule(strokeDash=[3, 3], aria=False).encode(
        _up("same:Q", unit), color=meaning("v1")
    )
    clicked = alt.selection_point(name="run", fields=["seed"], on="click", empty=False)
    dots = (
        alt.Chart(alt.NamedData("pairs"))
        .mark_point(filled=True, size=62, opacity=1, cursor="pointer", aria=False)
        .encode(
            alt.X("rank:Q")
            .title("seeds, sorted")
            .scale(zero=False, nice=False, padding=10)
            .axis(grid=False, tickMinStep=1, labelExpr="datum.value > 0 ? datum.label : ''"),
            _up("drop:Q", unit),
            color=color(),
            shape=_shape("outcome", "changes nothing"),
            tooltip=[
                alt.Tooltip("seed:N", title="seed"),
                alt.Tooltip("text:N", title="effect"),
                alt.Tooltip("before_text:N", title="before"),
                alt.Tooltip("after_text:N", title="after"),
            ],
        )
        .add_params(clicked)
    )
    return alt.layer(band, same, line, dots).properties(height=_PAIRED_HEIGHT).to_dict()


def _names(base: alt.Chart, extent: int) -> alt.Chart:
    return base.mark_text(align="left", fontSize=13).encode(
        x=alt.value(-extent), text="step:N", color=meaning("text")
    )


def _up(field: str, unit: str) -> alt.Y:
    """Returns the vertical axis of a decrease of the val loss."""
    scale = alt.Scale(type="log" if unit == "log10" else "linear", nice=False, padding=10)
    return alt.Y(field).title(DROPS[unit]).scale(scale).axis(labelExpr=NUMBER, labelOverlap=True)


def _shape(field: str, neutral: str) -> alt.Shape:
    """Returns circles for "helps", triangles for "hurts", and squares for the neutral value."""
    names, shapes = ["helps", "hurts", neutral], ["circle", "triangle-down", "square"]
    return alt.Shape(f"{field}:N").scale(domain=names, range=shapes).legend(None)


def _value_tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("name:N", title="fix"),
        alt.Tooltip("text:N", title="over all orders"),
        alt.Tooltip("span:N", title="95% interval"),
        alt.Tooltip("verdict:N", title="verdict"),
    ]
