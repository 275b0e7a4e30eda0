"""The chart of all combinations: a matrix of switches beside the losses of all seeds."""

from functools import cache
from typing import Any

import altair as alt

from dashboard.draw.marks import PLAIN, color, meaning
from dashboard.seeds.axes import LOSS_AXIS, high, rows_with_room

ROW = 14
"""The height of a row in pixels."""

PITCH = 18
"""The distance between two columns of dots in pixels."""

_MEDIAN_AT, _NAN_AT, _DOTS_END = -46, -6, -96
_LEFT_OF_DOTS = 22
_HEAD = 62
_MOST_COLUMNS = 8
_LEFT_END = alt.ExprRef("-extent")


def dots_extent(columns: int) -> int:
    """Returns the width in pixels of the text and dots to the left of the losses."""
    return -_DOTS_END + PITCH * (columns - 1) + _LEFT_OF_DOTS


def combinations(columns: int, rows: int) -> dict[str, Any]:
    """Returns the chart of all combinations. Tables: `rows`, `dots`, `seeds`, `own`, and `heads`.

    Its selection `run` holds the `code` of the clicked row and, if a tick was clicked, the `seed`:
    Vega-Lite applies a selection to clicks in all layers.
    """
    spec = _combinations()
    extent = {"name": "extent", "value": dots_extent(columns)}
    height = high(rows, ROW)
    height["height"] += _HEAD
    return spec | height | {"params": [extent, *spec["params"]]}


@cache
def _combinations() -> dict[str, Any]:
    """Returns the specification without its height and its parameter `extent`.

    It serves any number of columns and rows, because Altair needs half a second to build it.
    """
    place = rows_with_room("rank:O", "rank", alt.ExprRef("extent"))
    table = alt.Chart(alt.NamedData("rows")).encode(place)
    picture = alt.layer(
        _row_targets(table),
        table.mark_bar(height=6, opacity=0.5, **PLAIN).encode(
            _losses("q1:Q"), x2="q3:Q", color=meaning("v1")
        ),
        _ticks(place),
        table.mark_tick(thickness=3, height=12, aria=False).encode(
            _losses("median:Q"), color=meaning("val")
        ),
        alt.Chart(alt.NamedData("own"))
        .mark_point(shape="diamond", filled=True, size=38, opacity=1, **PLAIN)
        .encode(_losses("loss:Q"), place, color=meaning("pinned")),
    )
    beside = alt.layer(_dots(place), *_row_texts(table), *_heads())
    return alt.layer(beside, picture).resolve_scale(x="independent").to_dict()


def _losses(field: str) -> alt.X:
    """Returns the axis of the losses. A phone would cut off a longer title."""
    across = alt.X(field).title("val loss, log scale")
    across = across.scale(type="log", nice=False, padding=8)
    return across.axis(**LOSS_AXIS)


def _row_targets(table: alt.Chart) -> alt.Chart:
    """Returns the hover and click targets of the rows. The reader's own row is shaded."""
    return table.mark_rect(cursor="pointer", aria=False).encode(
        x=alt.value(_LEFT_END),
        x2=alt.value("width"),
        color=meaning("val"),
        opacity=alt.condition("datum.mine", alt.value(0.16), alt.value(0)),
        tooltip=[
            alt.Tooltip("name:N", title="fixes"),
            alt.Tooltip("median_text:N", title="median val loss"),
            alt.Tooltip("quartiles:N", title="middle half of the seeds"),
            alt.Tooltip("nan_text:N", title="ended in NaN"),
        ],
    )


def _ticks(place: alt.Y) -> alt.Chart:
    """Returns a thin tick for each run. Runs that ended in NaN have the color of a warning."""
    clicked = alt.selection_point(name="run", fields=["code", "seed"], on="click", empty=False)
    return (
        alt.Chart(alt.NamedData("seeds"))
        .mark_tick(thickness=1.5, height=9, cursor="pointer", aria=False)
        .encode(
            _losses("loss:Q"),
            place,
            color=color(),
            tooltip=[
                alt.Tooltip("name:N", title="fixes"),
                alt.Tooltip("seed:N", title="seed"),
                alt.Tooltip("text:N", title="val loss"),
            ],
        )
        .add_params(clicked)
    )


def _dots(place: alt.Y) -> alt.Chart:
    """Returns the dots that show the switches of each row."""
    return (
        alt.Chart(alt.NamedData("dots"))
        .mark_circle(size=62, opacity=1, **PLAIN)
        .encode(_column(), place, color=color())
    )


def _column() -> alt.X:
    """Returns the position of a column of dots in pixels. The last column is 0, its neighbor -1."""
    domain = [1 - _MOST_COLUMNS, 0]
    pixels = [_DOTS_END + PITCH * column for column in domain]
    return alt.X("column:Q").scale(domain=domain, range=pixels, zero=False).axis(None)


def _row_texts(table: alt.Chart) -> list[alt.Chart]:
    mine = table.transform_filter("datum.mine").mark_text(align="left", fontSize=11)
    return [
        mine.encode(x=alt.value(_LEFT_END), text=alt.value("▶"), color=meaning("text")),
        table.mark_text(align="right", fontSize=11).encode(
            x=alt.value(_MEDIAN_AT), text="median_text:N", color=meaning("text")
        ),
        table.mark_text(align="right", fontSize=11).encode(
            x=alt.value(_NAN_AT), text="nan_text:N", color=meaning("text")
        ),
    ]


def _heads() -> list[alt.Chart]:
    """Returns the names above the columns."""
    heads = alt.Chart(alt.NamedData("heads"))
    names = heads.mark_text(align="left", angle=305, fontSize=12).encode(
        _column(), y=alt.value(-8), text="text:N", color=meaning("text")
    )
    first = heads.transform_filter("datum.column == 0")
    first = first.mark_text(align="left", angle=305, fontSize=12)
    numbers = ((_MEDIAN_AT - 12, "median"), (_NAN_AT - 12, "NaN"))
    return [
        names,
        *(
            first.encode(
                x=alt.value(at), y=alt.value(-8), text=alt.value(text), color=meaning("text")
            )
            for at, text in numbers
        ),
    ]
