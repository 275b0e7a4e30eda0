"""Tables for the Speed page: the data of its charts, and the numbers below them."""

from itertools import pairwise

import numpy as np
import pandas as pd

from dashboard.draw.tidy import apart
from dashboard.draw.words import counted, duration, factor, loss
from dashboard.speed import words
from mlp_core import Settings
from mlp_core.timing.figures import Figures, Measurement, Point, Rest, pays_after

_LEAST_BAR = 0.6  # length of the shortest bar on the axis, in powers of ten
_LONGEST = 1e6
_POINTS = 49


def bars(measurement: Measurement) -> pd.DataFrame:
    """Returns a row per form: `place`, `name`, `begin`, `ms`, `low`, `high`, `text`, `series`."""
    begin = min(figures.each.low for figures in measurement.figures) * 10**-_LEAST_BAR
    rows = [
        (
            place,
            words.NAMES[figures.form],
            begin,
            figures.each.median,
            figures.each.low,
            figures.each.high,
            duration(figures.each.median),
            words.SERIES[figures.form],
        )
        for place, figures in enumerate(measurement.figures)
    ]
    columns = ["place", "name", "begin", "ms", "low", "high", "text", "series"]
    return pd.DataFrame(rows, columns=columns)


def factors(measurement: Measurement) -> pd.DataFrame:
    """Returns a row per pair of neighboring forms: `place`, `before`, `ms`, `text`, `faster`."""
    rows = []
    for place, (before, after) in enumerate(pairwise(measurement.figures)):
        times = before.each.median / after.each.median
        rows.append(
            (
                place + 0.36,
                before.each.median,
                after.each.median,
                f"÷ {factor(times)}" if times >= 1 else f"× {factor(1 / times)}",
                times >= 1,
            )
        )
    return pd.DataFrame(rows, columns=["place", "before", "ms", "text", "faster"])


def totals(measurement: Measurement) -> pd.DataFrame:
    """Returns the elapsed time after each number of steps: `steps`, `ms`, `form`, `series`."""
    steps = np.unique(np.round(np.geomspace(1, _LONGEST, _POINTS)))
    rows = [
        (n, figures.after_ms(n), words.SHORT[figures.form], words.SERIES[figures.form])
        for figures in _single(measurement)
        for n in steps
    ]
    return pd.DataFrame(rows, columns=["steps", "ms", "form", "series"])


def total_ends(measurement: Measurement) -> pd.DataFrame:
    """Returns the last point of each line in `totals`, for its label."""
    return totals(measurement).groupby("form", sort=False).tail(1)


def crossings(measurement: Measurement) -> pd.DataFrame:
    """Returns the points where a form overtakes the form before it: `steps`, `ms`, `text`."""
    rows = []
    for before, after in pairwise(_single(measurement)):
        steps = pays_after(before, after)
        if steps and steps <= _LONGEST:
            rows.append((steps, after.after_ms(steps), counted(steps, "step")))
    return pd.DataFrame(rows, columns=["steps", "ms", "text"])


def _single(measurement: Measurement) -> list[Figures]:
    """Returns the figures of the forms that train a single run."""
    return [figures for figures in measurement.figures if figures.form != "sweep"]


def grown(points: tuple[Point, ...], axis: str) -> pd.DataFrame:
    """Returns the measurements along one axis: `size`, `ms`, `low`, `high`, `form`, `series`."""
    rows = [
        (
            point.size,
            point.each.median,
            point.each.low,
            point.each.high,
            words.SHORT[point.form],
            words.SERIES[point.form],
        )
        for point in points
        if point.axis == axis
    ]
    return pd.DataFrame(rows, columns=["size", "ms", "low", "high", "form", "series"])


def grown_ends(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the position of each line's label: its last point, or above it to avoid overlap.

    `lowest` marks the line whose label is below it.
    """
    ends = table.sort_values("size").groupby("form", sort=False).tail(1).sort_values("ms")
    heights = [*ends["ms"][:1], *apart(ends["ms"][1:], table["ms"])]
    return ends.assign(ms=heights, lowest=[place == 0 for place in range(len(ends))])


def numbers(measurement: Measurement) -> pd.DataFrame:
    """Returns the figures of every form as text, with readable headings."""
    return pd.DataFrame(
        [
            {
                "form": words.NAMES[figures.form],
                "time per step": duration(figures.each.median),
                "middle half": f"{duration(figures.each.low)} to {duration(figures.each.high)}",
                "dispatches": _sent(figures.dispatches),
                "programs": figures.programs,
                "trace": duration(figures.trace_ms),
                "compile": duration(figures.compile_ms),
                "first call": duration(figures.first_ms),
                "drawing minibatches": duration(figures.prepare_ms) if figures.prepare_ms else "–",
            }
            for figures in measurement.figures
        ]
    )


def _sent(dispatches: float) -> str:
    if dispatches >= 1:
        return f"{dispatches:,.0f} per step"
    return f"1 in {1 / dispatches:,.0f} steps"


def functions(shapes: tuple[tuple[int, ...], ...], settings: Settings) -> pd.DataFrame:
    """Returns each compiled function with its input shapes, as text with readable headings."""
    batches = ", ".join(map(words.shape, shapes))
    whole = words.shape((settings.steps, settings.num_features, settings.batch_size))
    rows = [
        ("Loss and gradient, called in each step", batches, len(shapes)),
        ("The step, called in each step", batches, len(shapes)),
        ("The loop, called once per run", f"{whole}, masked if a minibatch is smaller", 1),
        ("The sweep, called once per seed on each device", f"{whole} for each seed", 1),
    ]
    return pd.DataFrame(rows, columns=["function", "input shapes", "compiled"])


def rests(found: tuple[Rest, ...]) -> pd.DataFrame:
    """Returns each way to handle a smaller minibatch with its costs, as text."""
    return pd.DataFrame(
        [
            {
                "smaller minibatch": words.WAYS[rest.way],
                "shapes": ", ".join(map(words.shape, rest.shapes)),
                "compiled": len(rest.shapes),
                "trace and compile": duration(rest.compile_ms),
                "train loss": loss(rest.train_loss),
                "val loss": loss(rest.val_loss),
            }
            for rest in found
        ]
    )
