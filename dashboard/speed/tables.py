"""The Speed page's tables: what its charts are given, and what stands under them in numbers."""

from itertools import pairwise

import numpy as np
import pandas as pd

from dashboard.draw.tidy import apart
from dashboard.draw.words import counted, duration, factor, loss
from dashboard.speed import words
from mlp_core import Settings
from mlp_core.timing.figures import Figures, Measurement, Point, Rest, pays_after

_LEAST_BAR = 0.6  # of the shortest bar, its length on the axis in powers of ten
_LONGEST = 1e6
_POINTS = 49


def bars(measurement: Measurement) -> pd.DataFrame:
    """Returns a bar a form: `place`, `name`, `begin`, `ms`, `low`, `high`, `text`, `series`."""
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
    """Returns an arrow between neighbors: `place`, `before`, `ms`, `text`, `faster`."""
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
    """Returns the time that has passed after so many steps: `steps`, `ms`, `form`, `series`."""
    steps = np.unique(np.round(np.geomspace(1, _LONGEST, _POINTS)))
    rows = [
        (n, figures.after_ms(n), words.SHORT[figures.form], words.SERIES[figures.form])
        for figures in _single(measurement)
        for n in steps
    ]
    return pd.DataFrame(rows, columns=["steps", "ms", "form", "series"])


def total_ends(measurement: Measurement) -> pd.DataFrame:
    """Returns the right end of each line of `totals`, with its name."""
    return totals(measurement).groupby("form", sort=False).tail(1)


def crossings(measurement: Measurement) -> pd.DataFrame:
    """Returns where a form overtakes the one before it: `steps`, `ms`, `text`."""
    rows = []
    for before, after in pairwise(_single(measurement)):
        steps = pays_after(before, after)
        if steps and steps <= _LONGEST:
            rows.append((steps, after.after_ms(steps), counted(steps, "step")))
    return pd.DataFrame(rows, columns=["steps", "ms", "text"])


def _single(measurement: Measurement) -> list[Figures]:
    """Returns the figures of the forms that train one run."""
    return [figures for figures in measurement.figures if figures.form != "sweep"]


def grown(points: tuple[Point, ...], axis: str) -> pd.DataFrame:
    """Returns the points of one axis: `size`, `ms`, `low`, `high`, `form`, `series`."""
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
    """Returns the right end of each line, or so far above it that names do not meet: `ms`.

    `lowest` is the line that has its name below it, out of the way of the others.
    """
    ends = table.sort_values("size").groupby("form", sort=False).tail(1).sort_values("ms")
    heights = [*ends["ms"][:1], *apart(ends["ms"][1:], table["ms"])]
    return ends.assign(ms=heights, lowest=[place == 0 for place in range(len(ends))])


def numbers(measurement: Measurement) -> pd.DataFrame:
    """Returns every form's figures in words for readers."""
    return pd.DataFrame(
        [
            {
                "form": words.NAMES[figures.form],
                "a step": duration(figures.each.median),
                "middle half": f"{duration(figures.each.low)} to {duration(figures.each.high)}",
                "sent to the device": _sent(figures.dispatches),
                "programs": figures.programs,
                "trace": duration(figures.trace_ms),
                "compile": duration(figures.compile_ms),
                "first call": duration(figures.first_ms),
                "batches drawn before": duration(figures.prepare_ms) if figures.prepare_ms else "–",
            }
            for figures in measurement.figures
        ]
    )


def _sent(dispatches: float) -> str:
    if dispatches >= 1:
        return f"{dispatches:,.0f} a step"
    return f"1 in {1 / dispatches:,.0f} steps"


def functions(shapes: tuple[tuple[int, ...], ...], settings: Settings) -> pd.DataFrame:
    """Returns each compiled function with the shapes it is called with, in words for readers."""
    batches = ", ".join(map(words.shape, shapes))
    whole = words.shape((settings.steps, settings.num_features, settings.batch_size))
    rows = [
        ("Loss and gradient, called at each step", batches, len(shapes)),
        ("The step, called at each step", batches, len(shapes)),
        ("The loop, called once a run", f"{whole}, masked where a batch is smaller", 1),
        ("The sweep, called once for each device's seed", f"{whole} for each seed", 1),
    ]
    return pd.DataFrame(rows, columns=["function", "shapes it has seen", "compiled"])


def rests(found: tuple[Rest, ...]) -> pd.DataFrame:
    """Returns what each way to treat a smaller batch costs, in words for readers."""
    return pd.DataFrame(
        [
            {
                "the smaller batch": words.WAYS[rest.way],
                "shapes": ", ".join(map(words.shape, rest.shapes)),
                "compiled": len(rest.shapes),
                "trace and compile": duration(rest.compile_ms),
                "train loss": loss(rest.train_loss),
                "val loss": loss(rest.val_loss),
            }
            for rest in found
        ]
    )
