"""How a run ended: which of its losses is NaN or infinite, and since when.

This is the only definition. Pages, the recorded evidence, sweeps, and the command line use it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class NotFinite(NamedTuple):
    """One loss of a run that was measured to be NaN or infinite at least once."""

    loss: str
    """`minibatch`, `train`, or `val`."""
    value: str
    """`NaN`, `infinite`, or `NaN or infinite`."""
    first: int
    """A number of updates, see `run_outcome`."""
    recovered: bool
    """Whether the last measurement is finite."""


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended. Two outcomes are equal if the same losses failed at the same updates."""

    not_finite: tuple[NotFinite, ...]
    """In the order minibatch, train, val; a loss that was always finite has no entry."""

    @property
    def lasting(self) -> tuple[NotFinite, ...]:
        """The losses that are not finite at the end."""
        return tuple(each for each in self.not_finite if not each.recovered)

    @property
    def is_failed(self) -> bool:
        """Whether the val loss is not finite at the end, as `failed` says for many runs."""
        return any(each.loss == "val" for each in self.lasting)

    @property
    def since(self) -> int | None:
        """The first update from which on a loss is not finite; None if all losses end finite."""
        return min((each.first for each in self.lasting), default=None)


def run_outcome(
    batch_loss: np.ndarray,
    rows_seen: np.ndarray,
    updates: np.ndarray,
    train_loss: np.ndarray,
    val_loss: np.ndarray,
) -> RunOutcome:
    """Returns how a run ended, from the losses that every way of training it records.

    `first` counts the updates made before a measurement. If the loss is not finite at the end,
    `first` belongs to the first measurement after the last finite one. If the loss recovered,
    `first` belongs to the first measurement that was not finite. The minibatch loss is measured at
    every update that sees rows, so its `first` is exact. The train and val losses are measured at
    `updates` only, so their `first` may be late by up to the distance between two records.

    Args:
      batch_loss: `[t]`, of each step's minibatch before its update; ignored where it is empty.
      rows_seen: `[t]`, the rows of each step's minibatch.
      updates: `[R]`, the numbers of updates after which the other losses were recorded.
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
    """Returns which runs ended with a val loss that is NaN or infinite."""
    return ~np.isfinite(val_loss)


def described(outcome: RunOutcome) -> str:
    """Returns which losses are not finite, from which update on; empty if all always were."""
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
    """Tells whether one number says all.

    The rows of a minibatch are training rows, and the update on a loss of NaN makes the parameters
    NaN. The records of the train and val losses only come later.
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
