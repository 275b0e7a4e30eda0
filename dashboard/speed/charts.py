"""The Speed page's charts as Vega-Lite specifications, each built once."""

from functools import cache, lru_cache
from typing import Any

import altair as alt

from dashboard.draw.line_charts import lines
from dashboard.draw.marks import color, meaning, words_on_lines

ROW = 66
"""The height in pixels of a form's row: its name, its bar, and the arrow to the next row."""

_FIRST = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
_SHOWN = f"indexof([1, 2, 5], {_FIRST}) >= 0"
_UNITS = (
    "datum.value >= 1e3 ? format(datum.value / 1e3, ',') + ' s' : datum.value >= 1 ? "
    "format(datum.value, '~g') + ' ms' : format(datum.value * 1e3, '~g') + ' µs'"
)
_TIMES: dict[str, Any] = {
    "labelExpr": f"{_SHOWN} ? {_UNITS} : ''",
    "labelOverlap": "greedy",
    "gridOpacity": {"condition": {"test": _SHOWN, "value": 0.6}, "value": 0},
    "tickOpacity": {"condition": {"test": _SHOWN, "value": 1}, "value": 0},
}
"""Options of a time axis in milliseconds, like `dashboard.draw.marks.loss_axis`, with units."""


@cache
def bars() -> dict[str, Any]:
    """Returns the time of a step in each form. Tables: `bars`, and `factors` between neighbors."""
    scale = alt.Scale(type="log", nice=False, padding=6)
    time = alt.X("ms:Q").title("time of one step, log scale").scale(scale).axis(**_TIMES)
    rows = alt.Scale(domain=[-0.62, 4.4], reverse=True, nice=False, zero=False)

    def y(expression: str) -> alt.Y:
        return alt.Y(f"{expression}:Q").scale(rows).axis(None)

    base = (
        alt.Chart(alt.NamedData("bars"))
        .transform_calculate(top="datum.place - 0.2", bottom="datum.place + 0.16")
        .transform_calculate(above="datum.place - 0.38")
    )
    drawn = base.mark_rect(cornerRadius=2, aria=False).encode(
        alt.X("begin:Q").title("time of one step, log scale").scale(scale).axis(**_TIMES),
        y("top"),
        x2="ms:Q",
        y2="bottom:Q",
        color=color(),
        tooltip=[
            alt.Tooltip("name:N", title="form"),
            alt.Tooltip("text:N", title="time of one step"),
        ],
    )
    spread = base.mark_rule(strokeWidth=1.5, aria=False).encode(
        alt.X("low:Q").scale(scale), y("place"), x2="high:Q", color=meaning("text")
    )
    names = base.mark_text(align="left", fontSize=13).encode(
        y("above"), x=alt.value(4), text="label:N", color=meaning("text")
    )
    names = names.transform_calculate(label="datum.name + ': ' + datum.text")
    arrows = alt.Chart(alt.NamedData("factors")).encode(y("place"), color=meaning("v1"))
    shafts = arrows.mark_rule(strokeWidth=1.2, aria=False).encode(time, x2="before:Q")
    angle = alt.Angle("faster:N").scale(domain=[True, False], range=[-90, 90]).legend(None)
    heads = arrows.mark_point(shape="triangle", filled=True, size=60, opacity=1, aria=False).encode(
        time, angle=angle
    )
    texts = arrows.mark_text(align="right", dx=-8, fontSize=12).encode(
        time, text="text:N", color=meaning("text")
    )
    return (
        alt.layer(drawn, spread, names, shafts, heads, texts).properties(height=5 * ROW).to_dict()
    )


@cache
def totals() -> dict[str, Any]:
    """Returns the elapsed time against steps. Tables: `totals`, `ends`, and `crossings`."""
    steps = alt.X("steps:Q").title("steps, log scale").scale(type="log", nice=False)
    steps = steps.axis(grid=False, format="~s", tickCount=6)
    passed = (
        alt.Y("ms:Q").title("elapsed time, log scale").scale(type="log", nice=False, padding=12)
    )
    passed = passed.axis(**_TIMES, tickCount=6)
    ends = alt.Chart(alt.NamedData("ends"))
    ends = ends.encode(steps, passed, text="form:N", color=meaning("text"))
    forms = words_on_lines(ends, align="right", dx=-4, dy=-9, fontSize=12)
    crossed = alt.Chart(alt.NamedData("crossings")).encode(steps, passed)
    dots = crossed.mark_point(filled=True, size=70, opacity=1, aria=False).encode(
        color=meaning("text")
    )
    texts = crossed.mark_text(dy=16, dx=6, align="left", fontSize=12).encode(
        text="text:N", color=meaning("text")
    )
    layers = (lines("totals", steps, passed, by="form"), *forms, dots, texts)
    return alt.layer(*layers).properties(height=340).to_dict()


@lru_cache(4)
def grown(title: str) -> dict[str, Any]:
    """Returns the time of a step against a size. Tables: `points` and `ends`.

    Args:
      title: the name of the size.
    """
    size = alt.X("size:Q").title(f"{title}, log scale").scale(type="log", nice=False, padding=8)
    size = size.axis(grid=False, format="~s", tickCount=4)
    time = alt.Y("ms:Q").title("time of one step, log scale")
    time = time.scale(type="log", nice=False, padding=14).axis(**_TIMES, tickCount=5)
    spread = (
        alt.Chart(alt.NamedData("points"))
        .mark_rule(strokeWidth=1.5, opacity=0.6, aria=False)
        .encode(size, alt.Y("low:Q"), y2="high:Q", color=color())
    )
    ends = alt.Chart(alt.NamedData("ends")).encode(size, time, text="form:N", color=meaning("text"))
    forms = [
        mark
        for which, dy in (("!datum.lowest", -10), ("datum.lowest", 11))
        for mark in words_on_lines(
            ends.transform_filter(which), align="right", dx=-2, dy=dy, fontSize=11
        )
    ]
    drawn = lines("points", size, time, by="form", point=True)
    return alt.layer(drawn, spread, *forms).properties(height=260).to_dict()
