"""The picture of each finding: the name of a check, and what shows its evidence."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from dashboard import words
from dashboard.evidence import charts, tables

if TYPE_CHECKING:
    from mlp_core.evidence import Evidence

_ZERO = pd.DataFrame({"x": [0.0], "y": [0.0]})


class Picture(NamedTuple):
    """A chart with its rows."""

    spec: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    caption: str
    """What is to be seen, in a sentence."""


def _ledger(evidence: "Evidence") -> Picture:
    return Picture(
        charts.ledger(),
        {"draws": tables.draws(evidence)},
        "Each dot is a random draw. Two in one column use the same key (orange diamonds).",
    )


def _copies(evidence: "Evidence") -> Picture:
    return Picture(
        charts.units("bias at the start", "gain, and weight, at the start"),
        {"units": tables.copies(evidence), "zero": _ZERO},
        "A unit's bias against its gain, and against a weight of its layer. Equal ones lie on the "
        "diagonal (orange diamonds).",
    )


def _drawn_norm(evidence: "Evidence") -> Picture:
    return Picture(
        charts.units("gain at the start", "bias at the start"),
        {"units": tables.gains(evidence), "zero": _ZERO},
        "A dot is a unit; a sound one starts at gain 1, bias 0. Orange: gain negative or tiny.",
    )


def _dead_units(evidence: "Evidence") -> Picture:
    lines = tables.layer_lines(evidence.losses.updates, evidence.units.dead, positive=False)
    return Picture(
        charts.layers("share of dead units", logarithmic=False),
        {"lines": lines, "ends": tables.ends(lines)},
        "A unit is dead if it is 0 for every training row.",
    )


def _smallest_std(evidence: "Evidence") -> Picture:
    lines = tables.layer_lines(evidence.losses.updates, evidence.units.smallest_std, positive=True)
    return Picture(
        charts.layers("smallest std, log scale", logarithmic=True),
        {"lines": lines, "ends": tables.ends(lines)},
        "The least std that any row had, by which LayerNorm divides. Gaps are exact zeros.",
    )


def _rows_seen(evidence: "Evidence") -> Picture:
    return Picture(
        charts.rows_seen(),
        {"rows": tables.rows_seen(evidence)},
        "The rows of each batch in the first updates. Where there is no bar there was no data.",
    )


def _never_seen(evidence: "Evidence") -> Picture:
    never = evidence.rows.never_seen
    return _shares({"in no batch": never, "in some batch": 1 - never}, "share of training rows")


def _moved(evidence: "Evidence") -> Picture:
    share = evidence.rows.moved_on_nothing
    return _shares({"on empty batches": share, "on rows": 1 - share}, "share of the whole way")


def _shares(values: dict[str, float], title: str) -> Picture:
    return Picture(
        charts.bars(title, logarithmic=False),
        {"bars": tables.bars(values, "{:.0%}".format)},
        "",
    )


def _descent(evidence: "Evidence") -> Picture:
    updates = evidence.losses.updates[:-1]
    lines = tables.layer_lines(updates, evidence.steps.update_ratio, positive=True)
    lines["line"] = lines["line"].replace(f"layer {tables.num_layers(evidence) + 1}", "head")
    return Picture(
        charts.layers("update ÷ weights, log scale", logarithmic=True),
        {"lines": lines, "ends": tables.ends(lines)},
        "How far an update moves each layer's weights, against their size.",
    )


def _one_batch(evidence: "Evidence") -> Picture:
    lines = tables.one_batch(evidence)
    return Picture(
        charts.layers("loss on one batch, log scale", logarithmic=True),
        {"lines": lines, "ends": lines.head(0)},
        "Updates on the first batch alone.",
    )


def _scaled(evidence: "Evidence") -> Picture:
    lines = tables.scaled(evidence)
    return Picture(
        charts.scaled(),
        {"lines": lines},
        "Each line is an input, made shorter and longer. Flat: the network does not see it.",
    )


def _losses(values: dict[str, float]) -> Picture:
    return Picture(
        charts.bars("mean squared error, log scale", logarithmic=True),
        {"bars": tables.log_bars(values, words.loss)},
        "",
    )


def _start_loss(evidence: "Evidence") -> Picture:
    losses = evidence.losses
    start = float(losses.train[0])
    return _losses({"at the start": start, "predict the mean": losses.predict_mean})


def _least_squares(evidence: "Evidence") -> Picture:
    losses = evidence.losses
    return _losses(
        {
            "this run, val": float(losses.val[-1]),
            "predict the mean": losses.predict_mean,
            "least squares": losses.least_squares,
        },
    )


def _gap(evidence: "Evidence") -> Picture:
    losses = evidence.losses
    return _losses({"val": float(losses.val[-1]), "train": float(losses.train[-1])})


def _operations(evidence: "Evidence") -> Picture:
    operations = {"here": evidence.probes.operations, "compiled": 1}
    return Picture(
        charts.bars("operations sent for one update, log scale", logarithmic=True),
        {"bars": tables.log_bars(operations, "{:,.0f}".format)},
        "",
    )


PICTURES: dict[str, Callable[["Evidence"], Picture]] = {
    "empty_batches": _rows_seen,
    "never_seen": _never_seen,
    "moved_on_nothing": _moved,
    "reused_keys": _ledger,
    "copied_numbers": _copies,
    "drawn_norm": _drawn_norm,
    "dead_layer": _dead_units,
    "undefined_output": _smallest_std,
    "undefined_gradient": _smallest_std,
    "plain_descent": _descent,
    "wall": _scaled,
    "diverged": _descent,
    "start_loss": _start_loss,
    "one_batch": _one_batch,
    "least_squares": _least_squares,
    "gap": _gap,
    "eager_step": _operations,
}
"""The picture of each check's finding, by the check's name."""
