"""The Lattice's charts as Vega-Lite specifications, built once as in `dashboard.charts`.

Left of their plots some charts keep room for words and dots: the axis there has no labels, only an
extent, and marks are placed in it by pixels. So one chart holds a table and its picture, as wide as
the page allows.
"""

from functools import lru_cache
from typing import Any

import altair as alt

from dashboard.palette import SERIES

ROW = 14
"""Height of a combination's row."""

PITCH = 18
"""From one column of dots to the next."""

_PLAIN: dict[str, Any] = {"aria": False, "invalid": None}
_DIGIT = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
_LOSS_LABELS = f"indexof([1, 2, 5], {_DIGIT}) >= 0 ? format(datum.value, '~g') : ''"
_DROPS = {"log10": "times lower val loss, log scale", "plain": "drop of the val loss"}
_MEDIAN_AT, _DIED_AT, _DOTS_END = -46, -6, -96
_LEFT_OF_DOTS = 22
_HEAD = 62
_AXIS = 58  # ticks, numbers and title under a plot


def dots_extent(columns: int) -> int:
    """Returns the width of what stands left of the distributions."""
    return -_DOTS_END + PITCH * (columns - 1) + _LEFT_OF_DOTS


@lru_cache(maxsize=8)
def values(unit: str, rows: int, step: int) -> dict[str, Any]:
    """Returns what each fix is worth with its interval: table `values`."""
    drop = _drop_axis("value:Q", unit)
    base = alt.Chart(alt.NamedData("values")).encode(_rows("fix:N", 112, step))
    intervals = base.mark_rule(strokeWidth=3, opacity=0.45, **_PLAIN).encode(
        _drop_axis("low:Q", unit), x2="high:Q", color=_color()
    )
    dots = base.mark_point(filled=True, size=95, opacity=1, aria=False).encode(
        drop, color=_color(), shape=_verdict_shape(), tooltip=_value_tooltip()
    )
    names = base.mark_text(align="left", dy=-7, fontSize=13).encode(
        x=alt.value(-112), text="fix:N", color=_meaning("text")
    )
    numbers = base.mark_text(align="left", dy=8, fontSize=12).encode(
        x=alt.value(-112), text="text:N", color=_meaning("v1")
    )
    return _sized(alt.layer(_zero(unit), intervals, dots, names, numbers), rows * step + _AXIS)


@lru_cache(maxsize=4)
def interactions(columns: int, step: int) -> dict[str, Any]:
    """Returns the matrix of pairs: table `pairs`."""
    names: dict[str, Any] = {"ticks": False, "domain": False, "grid": False, "labelFontSize": 12}
    across, down = alt.X("second:N"), alt.Y("first:N")
    base = alt.Chart(alt.NamedData("pairs")).encode(
        across.sort(None).title(None).axis(**names, labelAngle=0),
        down.sort(None).title(None).axis(**names),
    )
    cells = base.mark_rect(cornerRadius=3, aria=False).encode(
        color=_color(),
        opacity=alt.Opacity("strength:Q").scale(domain=[0, 1], range=[0.04, 0.6]).legend(None),
        tooltip=[
            alt.Tooltip("pair:N", title="pair"),
            alt.Tooltip("meaning:N", title="together, than each promises"),
        ],
    )
    numbers = base.mark_text(fontSize=12).encode(text="text:N", color=_meaning("text"))
    return _sized(cells + numbers, (columns - 1) * step + _AXIS // 2)


@lru_cache(maxsize=16)
def combinations(columns: int, rows: int) -> dict[str, Any]:
    """Returns every combination beside its losses: tables `rows`, `dots`, `seeds`, `own`, `heads`.

    Its selection `run` is of the `code` and, where a tick was clicked at, of the `seed`: a
    selection hears clicks at all layers.
    """
    extent = dots_extent(columns)
    place = _rows("rank:O", extent, ROW)
    table = alt.Chart(alt.NamedData("rows")).encode(place)
    picture = alt.layer(
        _row_targets(table, extent),
        table.mark_bar(height=6, opacity=0.5, **_PLAIN).encode(
            _losses("q1:Q"), x2="q3:Q", color=_meaning("v1")
        ),
        _ticks(place),
        table.mark_tick(thickness=3, height=12, aria=False).encode(
            _losses("median:Q"), color=_meaning("val")
        ),
        alt.Chart(alt.NamedData("own"))
        .mark_point(shape="diamond", filled=True, size=38, opacity=1, **_PLAIN)
        .encode(_losses("loss:Q"), place, color=_meaning("pinned")),
    )
    beside = alt.layer(_dots(place, columns), *_row_texts(table, extent), *_heads(columns))
    return _sized(
        alt.layer(beside, picture).resolve_scale(x="independent"), _HEAD + rows * ROW + _AXIS
    )


@lru_cache(maxsize=8)
def waterfall(rows: int, step: int) -> dict[str, Any]:
    """Returns the fall of the loss along an order: table `steps`."""
    loss = alt.X("before:Q").title("val loss, mean of all seeds, log scale")
    loss = loss.scale(type="log", nice=False, padding=28).axis(labelExpr=_LOSS_LABELS)
    base = alt.Chart(alt.NamedData("steps")).encode(_rows("step:N", 64, step))
    bars = base.mark_bar(height=14, cornerRadius=2, aria=False).encode(
        loss,
        x2="after:Q",
        color=_color(),
        tooltip=[
            alt.Tooltip("step:N", title="fix"),
            alt.Tooltip("credit:N", title="in this order"),
            alt.Tooltip("text:N", title="val loss then"),
        ],
    )
    ends = base.mark_text(dy=-15, fontSize=12).encode(
        alt.X("after:Q"), text="text:N", color=_meaning("text")
    )
    return _sized(alt.layer(bars, ends, _names(base, 64)), rows * step + _AXIS)


@lru_cache(maxsize=8)
def credits(unit: str, rows: int, step: int) -> dict[str, Any]:
    """Returns the credits of an order against the worth over all: table `credits`."""
    base = alt.Chart(alt.NamedData("credits")).encode(_rows("step:N", 64, step))
    link = base.mark_rule(strokeWidth=1.5, strokeDash=[2, 2], **_PLAIN).encode(
        _drop_axis("value:Q", unit), x2="credit:Q", color=_meaning("v1")
    )
    interval = base.mark_rule(strokeWidth=3, opacity=0.45, **_PLAIN).encode(
        _drop_axis("low:Q", unit), x2="high:Q", color=_meaning("v1")
    )
    tooltip = [
        alt.Tooltip("name:N", title="fix"),
        alt.Tooltip("credit_text:N", title="in this order"),
        alt.Tooltip("value_text:N", title="over all orders"),
    ]
    value = base.mark_point(filled=True, size=80, opacity=1, aria=False).encode(
        _drop_axis("value:Q", unit), color=_meaning("v1"), tooltip=tooltip
    )
    credit = base.mark_point(shape="diamond", filled=True, size=120, opacity=1, aria=False).encode(
        _drop_axis("credit:Q", unit), color=_color(), tooltip=tooltip
    )
    layers = alt.layer(_zero(unit), link, interval, value, credit, _names(base, 64))
    return _sized(layers, rows * step + _AXIS)


@lru_cache(maxsize=1)
def slopes() -> dict[str, Any]:
    """Returns a line a seed from before to after a step: table `slopes`."""
    loss = alt.Y("loss:Q").title("val loss, log scale")
    loss = loss.scale(type="log", nice=False, padding=10).axis(labelExpr=_LOSS_LABELS)
    when = alt.X("when:N").sort(None).title(None)
    when = when.scale(type="point", padding=0.25).axis(labelAngle=0, labelFontSize=13, grid=False)
    base = alt.Chart(alt.NamedData("slopes")).encode(when, loss, color=_color())
    lines = base.mark_line(strokeWidth=1.4, opacity=0.5, **_PLAIN).encode(detail="seed:N")
    ends = base.transform_filter("!datum.ended").mark_circle(size=24, **_PLAIN)
    died = base.transform_filter("datum.ended").mark_point(shape="cross", size=60, angle=45)
    died = died.encode(
        color=_meaning("train"),
        tooltip=[alt.Tooltip("seed:N", title="died with seed"), alt.Tooltip("when:N")],
    )
    return _sized(alt.layer(lines, ends, died), 330)


@lru_cache(maxsize=4)
def differences(unit: str) -> dict[str, Any]:
    """Returns every seed's drop, sorted, with the mean's interval: tables `pairs`, `mean`.

    Its selection `run` is of the `seed` clicked at.
    """
    mean = alt.Chart(alt.NamedData("mean"))
    band = mean.mark_rect(opacity=0.18, **_PLAIN).encode(
        _up("low:Q", unit), y2="high:Q", color=_meaning("text")
    )
    line = mean.mark_rule(strokeWidth=1.5, aria=False).encode(
        _up("mean:Q", unit), color=_meaning("text")
    )
    same = mean.mark_rule(strokeDash=[3, 3], aria=False).encode(
        _up("same:Q", unit), color=_meaning("v1")
    )
    clicked = alt.selection_point(name="run", fields=["seed"], on="click", empty=False)
    dots = (
        alt.Chart(alt.NamedData("pairs"))
        .mark_point(filled=True, size=62, opacity=1, cursor="pointer", aria=False)
        .encode(
            alt.X("rank:Q").title("seeds, sorted").axis(grid=False, format="d", tickMinStep=1),
            _up("drop:Q", unit),
            color=_color(),
            shape=_outcome_shape(),
            tooltip=[
                alt.Tooltip("seed:N", title="seed"),
                alt.Tooltip("text:N", title="effect"),
                alt.Tooltip("before:Q", title="before", format=".3f"),
                alt.Tooltip("after:Q", title="after", format=".3f"),
            ],
        )
        .add_params(clicked)
    )
    return _sized(alt.layer(band, same, line, dots), 330)


def _color() -> alt.Color:
    """Returns the colour of each row's own meaning; the theme has the colours."""
    return alt.Color("series:N").scale(domain=list(SERIES)).legend(None)


def _meaning(series: str) -> Any:
    """Returns the colour of one meaning for all rows; another layer must have `_color`."""
    return alt.datum(series, type="nominal")


def _rows(field: str, extent: int, step: int) -> alt.Y:
    """Returns rows without labels, with room for words at the left."""
    axis = alt.Axis(
        labels=False, ticks=False, domain=False, grid=False, title=None, minExtent=extent
    )
    return alt.Y(field).sort(None).axis(axis).scale(alt.Scale(paddingInner=0, paddingOuter=0))


def _names(base: alt.Chart, extent: int) -> alt.Chart:
    return base.mark_text(align="left", fontSize=13).encode(
        x=alt.value(-extent), text="step:N", color=_meaning("text")
    )


def _drop_axis(field: str, unit: str) -> alt.X:
    """Returns the axis of a drop: as a factor on a log scale, or plain."""
    across = alt.X(field).title(_DROPS[unit])
    if unit == "log10":
        across = across.scale(type="log", nice=False, padding=14)
    else:
        across = across.scale(padding=14)
    return across.axis(format="~g", tickCount=5, labelOverlap=True)


def _up(field: str, unit: str) -> alt.Y:
    """Returns the axis of a drop, upright."""
    scale = alt.Scale(type="log" if unit == "log10" else "linear", nice=False, padding=10)
    return alt.Y(field).title(_DROPS[unit]).scale(scale).axis(format="~g", labelOverlap=True)


def _losses(field: str) -> alt.X:
    """Returns the axis of the losses of all seeds."""
    across = alt.X(field).title("val loss of each seed, log scale")
    across = across.scale(type="log", nice=False, padding=8)
    return across.axis(gridOpacity=0.6, labelExpr=_LOSS_LABELS)


def _zero(unit: str) -> alt.Chart:
    """Returns the line at which a fix changes nothing."""
    nothing = alt.Chart(alt.NamedData("nothing"))
    return nothing.mark_rule(strokeDash=[3, 3], aria=False).encode(
        _drop_axis("nothing:Q", unit), color=_meaning("v1")
    )


def _verdict_shape() -> alt.Shape:
    scale = alt.Scale(
        domain=["helps", "hurts", "cannot tell"], range=["circle", "triangle-down", "square"]
    )
    return alt.Shape("verdict:N").scale(scale).legend(None)


def _outcome_shape() -> alt.Shape:
    scale = alt.Scale(
        domain=["helps", "hurts", "changes nothing"], range=["circle", "triangle-down", "square"]
    )
    return alt.Shape("outcome:N").scale(scale).legend(None)


def _value_tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("name:N", title="fix"),
        alt.Tooltip("text:N", title="over all orders"),
        alt.Tooltip("span:N", title="95 % interval"),
        alt.Tooltip("verdict:N", title="verdict"),
    ]


def _row_targets(table: alt.Chart, extent: int) -> alt.Chart:
    """Returns the whole row as something to point at and to click; the reader's own is shaded."""
    return table.mark_rect(cursor="pointer", aria=False).encode(
        x=alt.value(-extent),
        x2=alt.value("width"),
        color=_meaning("val"),
        opacity=alt.condition("datum.mine", alt.value(0.16), alt.value(0)),
        tooltip=[
            alt.Tooltip("name:N", title="fixes"),
            alt.Tooltip("median_text:N", title="median val loss"),
            alt.Tooltip("q1:Q", title="lower quartile", format=".3f"),
            alt.Tooltip("q3:Q", title="upper quartile", format=".3f"),
            alt.Tooltip("died_text:N", title="died"),
        ],
    )


def _ticks(place: alt.Y) -> alt.Chart:
    """Returns a faint tick for each run; a dead one has the colour of a warning."""
    clicked = alt.selection_point(name="run", fields=["code", "seed"], on="click", empty=False)
    return (
        alt.Chart(alt.NamedData("seeds"))
        .mark_tick(thickness=1.5, height=9, cursor="pointer", aria=False)
        .encode(
            _losses("loss:Q"),
            place,
            color=_color(),
            tooltip=[
                alt.Tooltip("name:N", title="fixes"),
                alt.Tooltip("seed:N", title="seed"),
                alt.Tooltip("text:N", title="val loss"),
            ],
        )
        .add_params(clicked)
    )


def _dots(place: alt.Y, columns: int) -> alt.Chart:
    """Returns the switches of each row."""
    return (
        alt.Chart(alt.NamedData("dots"))
        .mark_circle(size=62, opacity=1, **_PLAIN)
        .encode(_column(columns), place, color=_color())
    )


def _column(columns: int) -> alt.X:
    """Returns the place of a column of dots, in pixels."""
    first = _DOTS_END - PITCH * (columns - 1)
    domain, pixels = [0, max(1, columns - 1)], [first, first + PITCH * max(1, columns - 1)]
    return alt.X("column:Q").scale(domain=domain, range=pixels, zero=False).axis(None)


def _row_texts(table: alt.Chart, extent: int) -> list[alt.Chart]:
    mine = table.transform_filter("datum.mine").mark_text(align="left", fontSize=11)
    return [
        mine.encode(x=alt.value(-extent), text=alt.value("▶"), color=_meaning("text")),
        table.mark_text(align="right", fontSize=11).encode(
            x=alt.value(_MEDIAN_AT), text="median_text:N", color=_meaning("text")
        ),
        table.mark_text(align="right", fontSize=11).encode(
            x=alt.value(_DIED_AT), text="died_text:N", color=_meaning("text")
        ),
    ]


def _heads(columns: int) -> list[alt.Chart]:
    """Returns the names over the columns."""
    heads = alt.Chart(alt.NamedData("heads"))
    names = heads.mark_text(align="left", angle=305, fontSize=12).encode(
        _column(columns), y=alt.value(-8), text="text:N", color=_meaning("text")
    )
    first = heads.transform_filter("datum.column == 0")
    first = first.mark_text(align="left", angle=305, fontSize=12)
    numbers = ((_MEDIAN_AT - 12, "median"), (_DIED_AT - 12, "died"))
    return [
        names,
        *(
            first.encode(
                x=alt.value(at), y=alt.value(-8), text=alt.value(text), color=_meaning("text")
            )
            for at, text in numbers
        ),
    ]


def _sized(chart: alt.LayerChart | alt.FacetChart, height: int) -> dict[str, Any]:
    return chart.properties(height=height).to_dict()
