"""The charts that show the evidence of each check, the clearest first."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from dashboard.draw import line_charts, words
from dashboard.evidence import charts, tables

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence, Finding

LOSSES_HEIGHT = 260

_ZERO = pd.DataFrame({"x": [0.0], "y": [0.0]})


class Drawing(NamedTuple):
    """A chart with its tables."""

    spec: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    caption: str
    """What the chart shows, in one or two sentences."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw, because the values of the run are not finite."""
        return next(iter(self.tables.values())).empty


class Picture(NamedTuple):
    """A chart that can be drawn from the evidence."""

    title: str
    """A few words, for a choice of charts."""
    drawn: Callable[["Evidence"], Drawing]


def on_the_curve(finding: "Finding", evidence: "Evidence") -> Drawing:
    """Returns the loss curves with the updates of a finding marked."""
    curves = {"curves": tables.curves(evidence), "marked": tables.marked(finding)}
    return Drawing(
        line_charts.losses(LOSSES_HEIGHT), curves, "The marked updates are those of this finding."
    )


def _ledger(evidence: "Evidence") -> Drawing:
    return Drawing(
        charts.ledger(),
        {"draws": tables.draws(evidence)},
        "Each mark is a random draw. Draws in one column use the same key (orange diamonds).",
    )


def _bias_and_gain(evidence: "Evidence") -> Drawing:
    return _copies(evidence, "gain", "gain")


def _bias_and_weight(evidence: "Evidence") -> Drawing:
    return _copies(evidence, "weight", "weight with the same index")


def _copies(evidence: "Evidence", name: str, title: str) -> Drawing:
    units = tables.copies(evidence, name)
    equal, correlation = tables.likeness(units)
    alike = "" if correlation is None else f" The correlation is {correlation:z.2f}."
    return Drawing(
        charts.units("initial bias", f"initial {title}"),
        {"units": units, "zero": _ZERO},
        f"Each mark is a unit. The two values are equal in {equal} of {len(units)} (orange "
        f"diamonds).{alike}",
    )


def _gains(evidence: "Evidence") -> Drawing:
    return Drawing(
        charts.units("initial gain", "initial bias"),
        {"units": tables.gains(evidence), "zero": _ZERO},
        "Each mark is a unit. A correct start is gain 1 and bias 0. Orange diamonds: the gain is "
        "negative, which flips the unit, or close to 0, which silences it.",
    )


def _over_updates(
    evidence: "Evidence", values: Any, title: str, caption: str, logarithmic: bool = True
) -> Drawing:
    lines = tables.layer_lines(evidence, values, positive=logarithmic)
    return Drawing(
        charts.layers(title + ", log scale" * logarithmic, logarithmic),
        {"lines": lines, "ends": tables.ends(lines, logarithmic)},
        caption,
    )


def _dead_units(evidence: "Evidence") -> Drawing:
    return _over_updates(
        evidence,
        evidence.units.dead,
        "share of dead units",
        "A unit is dead if its output is 0 for every training row.",
        logarithmic=False,
    )


def _smallest_std(evidence: "Evidence") -> Drawing:
    return _over_updates(
        evidence,
        evidence.units.smallest_std,
        "smallest std",
        "The smallest standard deviation (std) over a layer's units in any row. LayerNorm divides "
        "by it. A gap means that it is exactly 0.",
    )


def _update_ratio(evidence: "Evidence") -> Drawing:
    return _over_updates(
        evidence,
        evidence.steps.update_ratio,
        "update ÷ weights",
        "The norm of an update relative to the norm of the layer's weights. A gap means that the "
        "minibatch is empty.",
    )


def _gradient_norm(evidence: "Evidence") -> Drawing:
    return _over_updates(
        evidence,
        evidence.steps.gradient_norm,
        "gradient norm",
        "If the gradient norms of layers differ a lot, no single learning rate suits all of them.",
    )


def _distance(evidence: "Evidence") -> Drawing:
    return _over_updates(
        evidence,
        evidence.steps.distance,
        "distance from the start",
        "The distance of each layer's weights from their initial values.",
        logarithmic=False,
    )


def _rows_seen(evidence: "Evidence") -> Drawing:
    return Drawing(
        charts.rows_seen(),
        {"rows": tables.rows_seen(evidence)},
        "The rows in the minibatches of the first updates. No bar means an empty minibatch.",
    )


def _ever_seen(evidence: "Evidence") -> Drawing:
    never = evidence.rows.never_seen
    return _shares(
        {"in no minibatch": never, "in a minibatch": 1 - never}, "share of training rows"
    )


def _moved(evidence: "Evidence") -> Drawing:
    share = evidence.rows.moved_on_nothing
    return _shares(
        {"empty minibatches": share, "minibatches with rows": 1 - share}, "share of the path length"
    )


def _shares(values: dict[str, float], title: str) -> Drawing:
    bars = tables.bars(values, words.percent)
    return Drawing(charts.bars(title, logarithmic=False), {"bars": bars}, "")


def _one_batch_adamw(evidence: "Evidence") -> Drawing:
    return _one_batch(evidence, "AdamW", evidence.probes.one_batch_adamw)


def _one_batch_sound(evidence: "Evidence") -> Drawing:
    return _one_batch(evidence, "with every fix", evidence.probes.one_batch_sound)


def _one_batch(evidence: "Evidence", other: str, losses: np.ndarray) -> Drawing:
    lines = tables.one_batch(evidence, other, losses)
    return Drawing(
        charts.layers("minibatch loss, log scale", logarithmic=True),
        {"lines": lines, "ends": tables.ends(lines)},
        "Updates on only the first minibatch. A line ends where the loss stops being finite.",
    )


def _scaled(evidence: "Evidence") -> Drawing:
    return Drawing(
        charts.scaled(),
        {"lines": tables.scaled(evidence)},
        "Each line is one input at different scales. A flat line means that the network ignores "
        "the scale.",
    )


def _losses(values: dict[str, float]) -> Drawing:
    bars = tables.log_bars(values, words.loss)
    return Drawing(
        charts.bars("mean squared error, log scale", logarithmic=True), {"bars": bars}, ""
    )


def _start_loss(evidence: "Evidence") -> Drawing:
    from mlp_core.diagnosis.checks.learning import sound_start

    losses = evidence.losses
    sound = sound_start(losses.mean_square_target)
    return _losses({"this run, initial": float(losses.train[0]), "average correct start": sound})


def _least_squares(evidence: "Evidence") -> Drawing:
    losses = evidence.losses
    return _losses(
        {
            "this run, val": float(losses.val[-1]),
            "predict the mean": losses.predict_mean,
            "least squares, val": losses.least_squares,
        },
    )


def _gap(evidence: "Evidence") -> Drawing:
    losses = evidence.losses
    return _losses({"val": float(losses.val[-1]), "train": float(losses.train[-1])})


def _operations(evidence: "Evidence") -> Drawing:
    operations = {"here": evidence.probes.operations, "compiled": 1}
    bars = tables.log_bars(operations, "{:,.0f}".format)
    title = "operations dispatched per update, log scale"
    return Drawing(charts.bars(title, logarithmic=True), {"bars": bars}, "")


_KEYS = Picture("Keys", _ledger)
_COPIES = (Picture("b and g", _bias_and_gain), Picture("b and W", _bias_and_weight))
_DEAD, _STD = Picture("Dead units", _dead_units), Picture("Smallest std", _smallest_std)
_DISTANCE = Picture("Distance", _distance)
_UPDATES = (Picture("Updates", _update_ratio), Picture("Gradients", _gradient_norm), _DISTANCE)

PICTURES: dict[str, tuple[Picture, ...]] = {
    "empty_batches": (Picture("Rows", _rows_seen),),
    "never_seen": (Picture("Rows seen", _ever_seen),),
    "moved_on_nothing": (Picture("Path length", _moved), _DISTANCE),
    "reused_keys": (_KEYS, *_COPIES),
    "copied_numbers": _COPIES,
    "drawn_norm": (Picture("Gains, biases", _gains), _DEAD, _STD),
    "undefined_output": (_STD,),
    "undefined_gradient": (_STD, Picture("Gradients", _gradient_norm)),
    "dead_layer": (_DEAD, _STD),
    "plain_descent": (Picture("One minibatch", _one_batch_adamw), *_UPDATES),
    "wall": (Picture("Scaled inputs", _scaled),),
    "diverged": _UPDATES,
    "start_loss": (Picture("Initial loss", _start_loss),),
    "one_batch": (Picture("One minibatch", _one_batch_sound),),
    "least_squares": (Picture("Losses", _least_squares),),
    "gap": (Picture("Losses", _gap),),
    "eager_step": (Picture("Operations", _operations),),
}
"""The charts of each check, by the name of the check."""
