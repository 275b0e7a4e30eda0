"""Tidy tables about the effects of fixes: over all orders, pairs, one order, and one step."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dashboard.draw import words
from dashboard.draw.tidy import headed
from dashboard.seeds import sentences
from dashboard.switches import SWITCH

if TYPE_CHECKING:
    from mlp_core.analysis.effects import Effect, Waterfall
    from mlp_core.analysis.paired import Paired
    from mlp_core.engine.grid import Grid

SERIES_OF = {"helps": "val", "hurts": "train", "no clear effect": "v1", "changes nothing": "v1"}
"""The color series of each verdict."""


def values(effects: "Sequence[Effect]", verdicts: Sequence[str], unit: str) -> pd.DataFrame:
    """Returns the effect of each fix: `place`, `value`, `low`, `high`, `series`, and text."""
    rows = [
        {
            "place": place,
            "fix": SWITCH[effect.switch].short,
            "name": sentences.fix(effect.switch),
            "value": _drawn(effect.mean, unit),
            "low": _drawn(effect.low, unit),
            "high": _drawn(effect.high, unit),
            "text": sentences.drop(effect.mean, unit),
            "span": sentences.span(effect.low, effect.high, unit),
            "verdict": verdict,
            "series": SERIES_OF[verdict],
        }
        for place, (effect, verdict) in enumerate(zip(effects, verdicts, strict=True))
    ]
    return pd.DataFrame(rows)


def nothing(unit: str) -> pd.DataFrame:
    """Returns the point on the axis of decreases that means no effect: `nothing`."""
    return pd.DataFrame({"nothing": [_drawn(0.0, unit)]})


def interactions(matrix: np.ndarray, switches: Sequence[str], unit: str) -> pd.DataFrame:
    """Returns a row for each pair of switches: `first`, `second`, `text`, `strength`, `series`.

    `first_place` and `second_place` give the order of `first` and `second`.

    Args:
      matrix: `[K, K]`, symmetric, for the K switches, in `unit`.
    """
    largest = float(np.nanmax(np.abs(matrix))) or 1.0
    rows = [
        {
            "first": SWITCH[switches[i]].short,
            "first_place": i,
            "second": SWITCH[switches[j]].short,
            "second_place": j,
            "pair": f"{sentences.fix(switches[i])} and {sentences.fix(switches[j])}",
            "text": _cell(float(matrix[i, j]), unit),
            "meaning": sentences.drop(float(matrix[i, j]), unit),
            "strength": round(abs(float(matrix[i, j])) / largest, 3),
            "series": "val" if matrix[i, j] > 0 else "train",
        }
        for i in range(len(switches))
        for j in range(i)
    ]
    return pd.DataFrame(rows)


def waterfall(fall: "Waterfall", unit: str) -> pd.DataFrame:
    """Returns the steps of an order: `place`, `step`, `before`, `after`, `text`, `series`."""
    rows = [
        {
            "place": place,
            "step": SWITCH[switch].short,
            "before": before,
            "after": after,
            "text": words.loss(float(after)),
            "credit": sentences.drop(float(credit), unit),
            "series": "val" if credit > 0 else "train",
        }
        for place, (switch, before, after, credit) in enumerate(
            zip(fall.order, fall.loss[:-1], fall.loss[1:], fall.credits, strict=True)
        )
    ]
    return pd.DataFrame(rows)


def credits(fall: "Waterfall", effects: "Sequence[Effect]", unit: str) -> pd.DataFrame:
    """Returns the effect of each fix in one order and over all orders.

    Columns: `place`, `step`, `credit`, `value`, `low`, `high`, `series`, and the numbers as text.
    """
    worth = {effect.switch: effect for effect in effects}
    rows = [
        {
            "place": place,
            "step": SWITCH[switch].short,
            "name": sentences.fix(switch),
            "credit": _drawn(float(credit), unit),
            "value": _drawn(worth[switch].mean, unit),
            "low": _drawn(worth[switch].low, unit),
            "high": _drawn(worth[switch].high, unit),
            "credit_text": sentences.drop(float(credit), unit),
            "value_text": sentences.drop(worth[switch].mean, unit),
            "series": "pinned",
        }
        for place, (switch, credit) in enumerate(zip(fall.order, fall.credits, strict=True))
    ]
    return pd.DataFrame(rows)


def pairs(pair: "Paired", grid: "Grid", unit: str) -> pd.DataFrame:
    """Returns a row for each seed, worst first: `seed`, `before`, `after`, `drop`, `rank`.

    `drop` is in the unit of the chart, `series` gives its color, and `nan_before` and `nan_after`
    mark failed runs.
    """
    from mlp_core.analysis.scores import by_seed, row, scored_loss
    from mlp_core.engine.outcome import failed

    ordered = by_seed(grid)
    rows = [row(ordered, pair.before), row(ordered, pair.after)]
    before, after = scored_loss(ordered)[rows]
    lost = failed(ordered.val_loss[rows])
    outcome = np.select([pair.drop > 0, pair.drop < 0], ["helps", "hurts"], "changes nothing")
    table = pd.DataFrame(
        {
            "seed": pair.seeds,
            "before": before,
            "after": after,
            "before_text": [words.loss(float(loss)) for loss in before],
            "after_text": [words.loss(float(loss)) for loss in after],
            "drop": [_drawn(float(value), unit) for value in pair.drop],
            "outcome": outcome,
            "series": [SERIES_OF[each] for each in outcome],
            "nan_before": lost[0],
            "nan_after": lost[1],
            "text": [sentences.drop(float(value), unit) for value in pair.drop],
        }
    )
    table = table.sort_values(["drop", "seed"], kind="stable").reset_index(drop=True)
    return table.assign(rank=range(1, len(table) + 1))


def mean(pair: "Paired", unit: str) -> pd.DataFrame:
    """Returns the mean effect of a step: `mean`, `low`, `high`, and `same` (no effect)."""
    drops = {"mean": pair.mean, "low": pair.low, "high": pair.high, "same": 0.0}
    return pd.DataFrame([{name: _drawn(value, unit) for name, value in drops.items()}])


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the two ends of each seed's line: `seed`, `when`, `loss`, `ended`, `series`, `text`.

    `ended` marks a run that ended in NaN.
    """
    ends = [
        table.assign(when=when, loss=table[when], ended=table[f"nan_{when}"])
        for when in ("before", "after")
    ]
    return pd.concat(ends)[["seed", "when", "loss", "ended", "series", "text"]]


def readable_values(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the effect of each fix as text, with readable headings."""
    headings = {
        "name": "fix",
        "text": "effect over all orders",
        "span": "95% interval",
        "verdict": "verdict",
    }
    return headed(table, headings)


def readable_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the interaction of each pair as text, strongest first."""
    headings = {"pair": "pair", "meaning": "together, compared with separate effects"}
    table = table.sort_values("strength", ascending=False, kind="stable")
    return headed(table, headings)


def readable_steps(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the steps of an order with readable headings."""
    headings = {
        "step": "fix",
        "before": "val loss before",
        "after": "val loss after",
        "credit": "effect in this order",
    }
    return headed(table, headings)


def readable_credits(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the effect of each fix in one order and over all orders, as text."""
    headings = {
        "name": "fix",
        "credit_text": "effect in this order",
        "value_text": "effect over all orders",
    }
    return headed(table, headings)


def readable_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the effect of a step in each seed, with readable headings."""
    headings = {
        "seed": "seed",
        "before": "val loss before",
        "after": "val loss after",
        "text": "effect",
        "outcome": "outcome",
        "nan_before": "NaN before",
        "nan_after": "NaN after",
    }
    return headed(table, headings)


def _drawn(value: float, unit: str) -> float:
    """Returns a decrease as drawn: for log10, the factor."""
    return 10**value if unit == "log10" else value


def _cell(value: float, unit: str) -> str:
    """Returns an interaction as text that fits into a cell."""
    if unit == "plain":
        text = f"{value:+z.2f}".replace("-", "−")
        return "0" if text == "+0.00" else text
    factor = sentences.number(10 ** abs(value))
    return "1" if factor == "1.00" else f"×{factor}" if value > 0 else f"÷{factor}"
