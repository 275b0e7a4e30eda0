"""The Lab's charts as Vega-Lite specifications with named tables.

Each specification is built once, because building Altair objects takes half of the time of a click.
If the specification of a chart does not change, the browser only replaces the data. `canvas.draw`
combines a specification with its tables.
"""

from functools import lru_cache
from typing import Any

import altair as alt

from dashboard.draw.line_charts import UPDATES, lines, log_axis
from dashboard.draw.marks import NUMBER, PLAIN, by_place, color, meaning, words_on_lines

HEIGHT = 420
_LINES = "split(datum.label, '\\n')"


@lru_cache(8)
def loss_curves(shown: tuple[str, ...]) -> dict[str, Any]:
    """Returns the loss curves.

    Tables: `curves`, `batches`, `ghost`, `ends`, `rules`, `not_finite`, `readings`.

    Args:
      shown: the meanings in the legend.
    """
    loss = log_axis(alt.Y("loss:Q").title("mean squared error, log scale"), 1, 2, 3, 5, 7)
    batches = (
        alt.Chart(alt.NamedData("batches"))
        .mark_line(strokeWidth=1, **PLAIN)
        .encode(UPDATES, loss, color=color(shown))
    )
    ghost = (
        alt.Chart(alt.NamedData("ghost"))
        .mark_line(strokeWidth=1.5, strokeDash=[2, 3], opacity=0.6, **PLAIN)
        .encode(UPDATES, loss, color=meaning("text"))
    )
    ends = (
        alt.Chart(alt.NamedData("ends"))
        .mark_text(align="right", dy=-8, fontSize=12)
        .encode(UPDATES, loss, text="line:N", color=color(shown))
    )
    return (
        alt.layer(
            batches,
            ghost,
            _rules(loss),
            lines("curves", UPDATES, loss, shown),
            *_rule_names(loss),
            ends,
            *_not_finite(),
            *_crosshair(),
        )
        .properties(height=HEIGHT)
        .to_dict()
    )


def _rules(loss: alt.Y) -> alt.Chart:
    """Returns the lines at the losses of the baselines."""
    rules = alt.Chart(alt.NamedData("rules")).encode(loss, color=meaning("text"))
    return rules.transform_filter("!datum.below").mark_rule(strokeDash=[1, 3], aria=False)


def _rule_names(loss: alt.Y) -> list[alt.Chart]:
    """Returns the labels of `_rules`."""
    rules = alt.Chart(alt.NamedData("rules")).encode(loss, color=meaning("text"), text="rule:N")
    # In the middle, because v1 is close to the lines on the right and other runs on the left.
    return words_on_lines(rules.encode(x=alt.value(alt.expr("width / 2"))), dy=9, fontSize=12)


def _not_finite() -> list[alt.Chart]:
    """Returns a labeled line at the first update from which a loss is not finite."""
    marks = alt.Chart(alt.NamedData("not_finite")).encode(UPDATES, color=meaning("text"))
    # On the side with more room.
    align = alt.expr("scale('x', datum.update) > width / 2 ? 'right' : 'left'")
    dx = alt.expr("scale('x', datum.update) > width / 2 ? -6 : 6")
    words = marks.mark_text(align=align, dx=dx, fontSize=13, fontWeight="bold")
    return [
        marks.mark_rule(strokeWidth=1.5, aria=False),
        words.encode(y=alt.value(12), text="text:N"),
    ]


def _crosshair() -> list[alt.Chart]:
    """Returns a rule at the update nearest to the pointer, with the losses there."""
    near = alt.selection_point(
        name="near",
        nearest=True,
        on="pointermove",
        clear="pointerout",
        fields=["update"],
        empty=False,
    )
    readings = alt.Chart(alt.NamedData("readings")).encode(UPDATES)
    # Without a color of a series, because the legend would get the rule's opacity.
    rule = readings.mark_rule(color="gray", **PLAIN).encode(
        opacity=alt.condition(near, alt.value(0.6), alt.value(0)),
        tooltip=[
            alt.Tooltip("update:Q", title="updates", format=","),
            alt.Tooltip("val:N", title="val loss"),
            alt.Tooltip("train:N", title="train loss"),
            alt.Tooltip("v1:N", title="v1's val loss"),
        ],
    )
    return [rule.add_params(near)]


@lru_cache(8)
def val_loss_dots(low: float, high: float) -> dict[str, Any]:
    """Returns the val losses as dots, with a ring at the loss of the run before: table `dots`.

    Args:
      low: the lower end of the axis, above 0 because the axis is logarithmic.
      high: the upper end, with room for the number beside the rightmost dot.
    """
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    names = (
        by_place(alt.Y("label:N"))
        .title(None)
        .axis(
            ticks=False,
            domain=False,
            grid=True,
            gridDash=[1, 3],
            labelPadding=8,
            labelFlush=False,
            labelExpr=_LINES,
            labelLimit=0,
        )
    )
    losses = alt.X("val_loss:Q").title("val loss, log scale").scale(scale)
    losses = losses.axis(labelExpr=NUMBER, grid=False, tickCount=4)
    base = alt.Chart(alt.NamedData("dots")).encode(names)
    ended = base.transform_filter("isValid(datum.val_loss)")
    dots = ended.mark_point(filled=True, opacity=1, size=110).encode(losses, color=color())
    moved = ended.transform_filter("isValid(datum.before)")
    before = alt.X("before:Q").scale(scale)
    path = moved.mark_rule(strokeWidth=1.5, aria=False).encode(losses, x2="before:Q", color=color())
    ring = moved.mark_point(size=90, strokeWidth=1.5, filled=False, aria=False).encode(
        before, color=color()
    )
    right = "isValid(datum.before) ? max(datum.val_loss, datum.before) : datum.val_loss"
    numbers = base.transform_calculate(end=f"isValid(datum.val_loss) ? {right} : {low}")
    numbers = numbers.mark_text(align="left", dx=11, fontSize=13).encode(
        alt.X("end:Q").scale(scale), text="text:N", color=meaning("text")
    )
    return (path + numbers + ring + dots).properties(height=HEIGHT).to_dict()
