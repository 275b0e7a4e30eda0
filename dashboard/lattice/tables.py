"""The tables behind the Lattice's charts: grids and effects as rows, ready to draw."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dashboard import codes, words
from dashboard.choice import Choice
from dashboard.lattice import sentences
from mlp_core import Fixes

if TYPE_CHECKING:
    from mlp_core.effects import Effect, Waterfall
    from mlp_core.grid import Grid
    from mlp_core.paired import Paired

PAGE_ROWS = 32
"""So many combinations are drawn at once."""

READABLE_LOSSES = ("median val loss", "lower quartile", "upper quartile")
"""The columns of `readable` that are losses."""

SERIES_OF = {"helps": "val", "hurts": "train", "cannot tell": "v1", "changes nothing": "v1"}
"""The meaning of the colour of each verdict."""


def values(effects: "Sequence[Effect]", verdicts: Sequence[str], unit: str) -> pd.DataFrame:
    """Returns what each fix is worth: `place`, `value`, `low`, `high`, `series`, and in words."""
    rows = [
        {
            "place": place,
            "fix": words.SHORT[effect.switch],
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
    """Returns where on the axis of drops a fix changes nothing: `nothing`."""
    return pd.DataFrame({"nothing": [_drawn(0.0, unit)]})


def summary(grid: "Grid", mine: Fixes) -> pd.DataFrame:
    """Returns one row a combination, in the grid's order.

    `code` names it for links, `median`, `q1`, `q3` are of the val losses with a dead run counted as
    predict-the-mean, `died` is the share of dead runs, `fixes` how many are on, `mine` marks the
    reader's own, `row` is its place in the grid.
    """
    from mlp_core.scores import failure_rate, scored_loss

    q1, median, q3 = np.quantile(scored_loss(grid), [0.25, 0.5, 0.75], axis=1)
    table = pd.DataFrame({"row": range(len(grid.combinations)), "q1": q1, "median": median})
    return table.assign(
        q3=q3,
        died=failure_rate(grid),
        fixes=[sum(vars(fixes).values()) for fixes in grid.combinations],
        name=[sentences.combination(fixes) for fixes in grid.combinations],
        code=[codes.code(Choice(fixes)) for fixes in grid.combinations],
        mine=[fixes == replace(mine, jit_step=False) for fixes in grid.combinations],
    )


def ranked(table: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Returns a summary in the order asked for, with each row's `rank` from 1.

    Args:
      sort: a column, whose ties the median breaks; or "switches", the order in which a computer
        counts.
    """
    by = {"switches": ["number"], "median": ["median"]}.get(sort, [sort, "median"])
    table = table.assign(number=[int(code.partition("~")[0], 16) for code in table["code"]])
    table = table.sort_values(by, kind="stable").drop(columns="number").reset_index(drop=True)
    return table.assign(rank=range(1, len(table) + 1))


def page_of(ranks: pd.DataFrame, page: int) -> pd.DataFrame:
    """Returns the rows of one page, counted from 0, with what the chart writes beside them."""
    rows = ranks.iloc[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
    return rows.assign(
        median_text=rows["median"].map(words.loss),
        died_text=[sentences.share(rate) if rate else "–" for rate in rows["died"]],
        quartiles=[
            f"{words.loss(low)} to {words.loss(high)}"
            for low, high in zip(rows["q1"], rows["q3"], strict=True)
        ],
    )


def dots(rows: pd.DataFrame, grid: "Grid", switches: Sequence[str]) -> pd.DataFrame:
    """Returns the switches of the rows of a page: `rank`, `column`, `series`.

    Columns are counted from the last one, which is 0: the chart has them left of its losses.
    """
    cells = [
        (rank, column, "text" if getattr(grid.combinations[row], switch) else "stage")
        for rank, row in zip(rows["rank"], rows["row"], strict=True)
        for column, switch in enumerate(switches, 1 - len(switches))
    ]
    return pd.DataFrame(cells, columns=["rank", "column", "series"])


def seeds(rows: pd.DataFrame, grid: "Grid") -> pd.DataFrame:
    """Returns every run of a page's rows: `rank`, `code`, `seed`, `loss`, `text`, `series`."""
    from mlp_core.scores import scored_loss

    place = rows["row"].to_numpy()
    died = ~np.isfinite(grid.val_loss[place])
    count = len(grid.seeds)
    losses = scored_loss(grid)[place].ravel()
    return pd.DataFrame(
        {
            "rank": np.repeat(rows["rank"].to_numpy(), count),
            "code": np.repeat(rows["code"].to_numpy(), count),
            "name": np.repeat(rows["name"].to_numpy(), count),
            "seed": np.tile(np.array(grid.seeds), len(rows)),
            "loss": losses,
            "series": np.where(died.ravel(), "train", "stage"),
            "text": [
                "died" if dead else words.loss(loss)
                for dead, loss in zip(died.ravel(), losses, strict=True)
            ],
        }
    )


def own(runs: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Returns, of the runs of a page, those with the reader's seed."""
    return runs[runs["seed"] == seed]


def heads(switches: Sequence[str]) -> pd.DataFrame:
    """Returns the names over the columns of dots: `column` as in `dots`, `text`."""
    names = [words.SHORT[switch] for switch in switches]
    return pd.DataFrame({"column": range(1 - len(names), 1), "text": names})


def interactions(matrix: np.ndarray, switches: Sequence[str], unit: str) -> pd.DataFrame:
    """Returns a row for each pair of switches: `first`, `second`, `text`, `strength`, `series`.

    Args:
      matrix: `[K, K]`, symmetric, for the K switches, in the unit.
    """
    largest = float(np.nanmax(np.abs(matrix))) or 1.0
    rows = [
        {
            "first": words.SHORT[switches[i]],
            "second": words.SHORT[switches[j]],
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
            "step": words.SHORT[switch],
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
    """Returns each fix's credit in an order beside its worth over all orders.

    Columns `place`, `step`, `credit`, `value`, `low`, `high`, `series`, and the numbers in words.
    """
    worth = {effect.switch: effect for effect in effects}
    rows = [
        {
            "place": place,
            "step": words.SHORT[switch],
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
    """Returns one row a seed of a step, the worst first: `seed`, `before`, `after`, `drop`, `rank`.

    `drop` is as drawn, `series` its colour; `died_before` and `died_after` mark dead runs.
    """
    from mlp_core.scores import by_seed, row, scored_loss

    ordered = by_seed(grid)
    rows = [row(ordered, pair.before), row(ordered, pair.after)]
    before, after = scored_loss(ordered)[rows]
    died = ~np.isfinite(ordered.val_loss[rows])
    outcome = np.select([pair.drop > 0, pair.drop < 0], ["helps", "hurts"], "changes nothing")
    table = pd.DataFrame(
        {
            "seed": pair.seeds,
            "before": before,
            "after": after,
            "drop": [_drawn(float(value), unit) for value in pair.drop],
            "outcome": outcome,
            "series": [SERIES_OF[each] for each in outcome],
            "died_before": died[0],
            "died_after": died[1],
            "text": [sentences.drop(float(value), unit) for value in pair.drop],
        }
    )
    table = table.sort_values(["drop", "seed"], kind="stable").reset_index(drop=True)
    return table.assign(rank=range(1, len(table) + 1))


def mean(pair: "Paired", unit: str) -> pd.DataFrame:
    """Returns a step's mean drop: `mean`, its interval `low` to `high`, and `same`, no drop."""
    drops = {"mean": pair.mean, "low": pair.low, "high": pair.high, "same": 0.0}
    return pd.DataFrame([{name: _drawn(value, unit) for name, value in drops.items()}])


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the ends of a line for each seed: `seed`, `when`, `loss`, `ended`, `series`.

    `ended` marks a dead run.
    """
    ends = [
        table.assign(when=when, loss=table[when], ended=table[f"died_{when}"])
        for when in ("before", "after")
    ]
    return pd.concat(ends)[["seed", "when", "loss", "ended", "series", "text"]]


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Returns a summary with headings to read, in the order it has."""
    headings = {
        "name": "combination",
        "fixes": "fixes",
        **dict(zip(("median", "q1", "q3"), READABLE_LOSSES, strict=True)),
        "died": "died",
    }
    return table[list(headings)].rename(columns=headings)


def readable_values(table: pd.DataFrame) -> pd.DataFrame:
    """Returns what each fix is worth, in words, with headings to read."""
    headings = {
        "name": "fix",
        "text": "worth over all orders",
        "span": "95 % interval",
        "verdict": "verdict",
    }
    return table[list(headings)].rename(columns=headings)


def readable_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Returns what each pair does together, in words, the strongest first."""
    headings = {"pair": "pair", "meaning": "together, against what each promises"}
    table = table.sort_values("strength", ascending=False, kind="stable")
    return table[list(headings)].rename(columns=headings)


def _drawn(value: float, unit: str) -> float:
    """Returns a drop as it is drawn: in log10 as the factor it stands for."""
    return 10**value if unit == "log10" else value


def _cell(value: float, unit: str) -> str:
    """Returns an interaction in as few characters as a cell holds."""
    if unit == "plain":
        return f"{value:+.2f}".replace("-", "−")
    factor = sentences.number(10 ** abs(value))
    return "1" if factor == "1.00" else f"×{factor}" if value > 0 else f"÷{factor}"
