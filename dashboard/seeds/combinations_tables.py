"""Tables for the chart of all combinations: rows, switches, and the runs of every seed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.draw.tidy import headed
from dashboard.seeds import sentences
from dashboard.shell.grammar import ROWS_PER_PAGE
from dashboard.switches import SWITCH
from mlp_core import Fixes

if TYPE_CHECKING:
    from mlp_core.engine.grid import Grid

READABLE_LOSSES = ("median val loss", "lower quartile", "upper quartile")
"""The columns of `readable` that hold losses."""


def summary(grid: "Grid", mine: Fixes) -> pd.DataFrame:
    """Returns one row for each combination, in the grid's order.

    `code` identifies the combination in links. `median`, `q1`, and `q3` summarize the val losses,
    where a failed run counts as predicting the mean. `nan` is the share of failed runs, `fixes` the
    number of fixes that are on, `row` the index in the grid, and `number` the switches as a binary
    number. `mine` marks the reader's own combination.
    """
    from mlp_core.analysis.scores import failure_rate, quartiles

    q1, median, q3 = quartiles(grid)
    table = pd.DataFrame({"row": range(len(grid.combinations)), "q1": q1, "median": median})
    return table.assign(
        q3=q3,
        nan=failure_rate(grid),
        fixes=[sum(vars(fixes).values()) for fixes in grid.combinations],
        name=[words.combination(fixes) for fixes in grid.combinations],
        number=[_number(fixes) for fixes in grid.combinations],
        code=[Choice(fixes).code for fixes in grid.combinations],
        mine=[fixes == replace(mine, jit_step=False) for fixes in grid.combinations],
    )


def _number(fixes: Fixes) -> int:
    """Returns the switches as a binary number, with the first switch as the lowest digit."""
    return sum(on << place for place, on in enumerate(vars(fixes).values()))


def ranked(table: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Returns a summary in the requested order, with the `rank` of each row from 1.

    Args:
      sort: a column, with ties broken by the median; or "switches", the order of the binary
        numbers.
    """
    by = {"switches": ["number"], "median": ["median"]}.get(sort, [sort, "median"])
    table = table.sort_values(by, kind="stable").drop(columns="number").reset_index(drop=True)
    return table.assign(rank=range(1, len(table) + 1))


def page_of(ranks: pd.DataFrame, page: int) -> pd.DataFrame:
    """Returns the rows of one page, counted from 0, with the text that the chart shows."""
    rows = ranks.iloc[page * ROWS_PER_PAGE : (page + 1) * ROWS_PER_PAGE]
    return rows.assign(
        median_text=rows["median"].map(words.loss),
        nan_text=[sentences.share(rate) if rate else "–" for rate in rows["nan"]],
        quartiles=[
            f"{words.loss(low)} to {words.loss(high)}"
            for low, high in zip(rows["q1"], rows["q3"], strict=True)
        ],
    )


def dots(rows: pd.DataFrame, grid: "Grid", switches: Sequence[str]) -> pd.DataFrame:
    """Returns the switches of the rows of a page: `rank`, `column`, `series`.

    Columns are numbered up to 0 for the last one, because the chart places them left of its losses.
    """
    cells = [
        (rank, column, "text" if getattr(grid.combinations[row], switch) else "stage")
        for rank, row in zip(rows["rank"], rows["row"], strict=True)
        for column, switch in enumerate(switches, 1 - len(switches))
    ]
    return pd.DataFrame(cells, columns=["rank", "column", "series"])


def seeds(rows: pd.DataFrame, grid: "Grid") -> pd.DataFrame:
    """Returns all runs of a page: `rank`, `code`, `name`, `seed`, `loss`, `text`, `series`."""
    from mlp_core.analysis.scores import scored_loss
    from mlp_core.engine.outcome import failed

    place = rows["row"].to_numpy()
    ended = grid.val_loss[place].ravel()
    count = len(grid.seeds)
    return pd.DataFrame(
        {
            "rank": np.repeat(rows["rank"].to_numpy(), count),
            "code": np.repeat(rows["code"].to_numpy(), count),
            "name": np.repeat(rows["name"].to_numpy(), count),
            "seed": np.tile(np.array(grid.seeds), len(rows)),
            "loss": scored_loss(grid)[place].ravel(),
            "series": np.where(failed(ended), "train", "stage"),
            "text": [words.loss(float(loss)) for loss in ended],
        }
    )


def own(runs: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Returns the runs of a page that have the reader's seed."""
    return runs[runs["seed"] == seed]


def heads(switches: Sequence[str]) -> pd.DataFrame:
    """Returns the names above the columns of dots: `column` (as in `dots`), `text`."""
    names = [SWITCH[switch].short for switch in switches]
    return pd.DataFrame({"column": range(1 - len(names), 1), "text": names})


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Returns a summary with readable headings, in the same order."""
    headings = {
        "name": "combination",
        "fixes": "fixes",
        **dict(zip(("median", "q1", "q3"), READABLE_LOSSES, strict=True)),
        "nan": "ended in NaN",
    }
    return headed(table, headings)
