"""The outcome of a run: which of its losses are NaN or infinite, and from which update on.

This is the only definition. The pages, the recorded evidence, sweeps, and the command line use it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class NotFinite(NamedTuple):
    """A loss of a run that was NaN or infinite in at least one measurement."""

    loss: str
    """`minibatch`, `train`, or `val`."""
    value: str
    """`NaN`, `infinite`, or `NaN or infinite`."""
    first: int
    """The number of updates made when the loss became NaN or infinite, see `run_outcome`."""
    recovered: bool
    """Whether the last measurement is finite."""


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended. Two outcomes are equal if the same losses failed at the same updates."""

    not_finite: tuple[NotFinite, ...]
    """In the order minibatch, train, val. A loss that was always finite has no entry."""

    @property
    def lasting(self) -> tuple[NotFinite, ...]:
        """The losses that are not finite at the end."""
        return tuple(each for each in self.not_finite if not each.recovered)

    @property
    def is_failed(self) -> bool:
        """Whether the validation loss is not finite at the end; see `failed` for many runs."""
        return any(each.loss == "val" for each in self.lasting)

    @property
    def since(self) -> int | None:
        """The first update from which a loss stays NaN or infinite; None if all end finite."""
        return min((each.first for each in self.lasting), default=None)


def run_outcome(
    batch_loss: np.ndarray,
    rows_seen: np.ndarray,
    updates: np.ndarray,
    train_loss: np.ndarray,
    val_loss: np.ndarray,
) -> RunOutcome:
    """Returns the outcome of a run from its recorded losses.

    `first` is the number of updates made before a measurement. If the loss is not finite at the
    end, this measurement is the first one after the last finite one. If the loss recovered, it is
    the first one that was not finite. The minibatch loss is measured at every update with a
    nonempty minibatch, so its `first` is exact. The train and validation losses are measured only
    at `updates`, so their `first` may be late by up to the distance between two records.

    Args:
      batch_loss: `[t]`, the loss of each minibatch before its update; ignored if it is empty.
      rows_seen: `[t]`, the number of rows in each minibatch.
      updates: `[R]`, the numbers of updates after which the other two losses were recorded.
      train_loss: `[R]`.
      val_loss: `[R]`.
    """
    fed = np.flatnonzero(rows_seen)
    measured = {
        "minibatch": (fed, batch_loss[fed]),
        "train": (updates, train_loss),
        "val": (updates, val_loss),
    }
    return RunOutcome(
        tuple(
            _not_finite(name, at, np.asarray(loss))
            for name, (at, loss) in measured.items()
            if not np.isfinite(loss).all()
        )
    )


def failed(val_loss: np.ndarray) -> np.ndarray:
    """Returns which runs ended with a NaN or infinite validation loss, in the input's shape."""
    return ~np.isfinite(val_loss)


def described(outcome: RunOutcome) -> str:
    """Returns a sentence for each loss that was not finite; empty if all losses were always finite.

    One sentence can be about several losses that have the same outcome.
    """
    if _all_from_the_minibatch_on(outcome):
        return f"The loss is {outcome.lasting[0].value} from update {outcome.since:,} on."
    groups: dict[tuple[str, int, bool], list[str]] = {}
    for each in sorted(outcome.not_finite, key=lambda each: each.first):
        groups.setdefault(each[1:], []).append(each.loss)
    return " ".join(_sentence(losses, *group) for group, losses in groups.items())


def _not_finite(name: str, at: np.ndarray, loss: np.ndarray) -> NotFinite:
    finite = np.isfinite(loss)
    recovered = bool(finite[-1])
    begin = np.argmin(finite) if recovered else np.flatnonzero(finite).max(initial=-1) + 1
    is_nan = np.isnan(loss[begin:][~finite[begin:]])
    value = "NaN" if is_nan.all() else "NaN or infinite" if is_nan.any() else "infinite"
    return NotFinite(name, value, int(at[begin]), recovered)


def _all_from_the_minibatch_on(outcome: RunOutcome) -> bool:
    """Returns whether every loss is NaN from the first NaN minibatch loss on.

    An update on a NaN loss makes the parameters NaN, and with them all losses. The train and
    validation losses show it only at their next record, so one update number describes all three.
    """
    lasting = outcome.lasting
    return (
        len(lasting) == 3
        and {each.value for each in lasting} == {"NaN"}
        and lasting[0].first == outcome.since
    )


def _sentence(losses: list[str], value: str, first: int, recovered: bool) -> str:
    is_one = len(losses) == 1
    subject = f"The {' and '.join(losses)} loss{'' if is_one else 'es'}"
    if recovered:
        was, are = ("was", "is") if is_one else ("were", "are")
        return (
            f"{subject} {was} {value} at times, first after update {first:,}, and {are} finite at "
            "the end."
        )
    return f"{subject} {'is' if is_one else 'are'} {value} from update {first:,} on."
