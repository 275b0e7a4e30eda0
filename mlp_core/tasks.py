"""The tasks to learn: targets that a formula computes from random features, and tables."""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Formula(NamedTuple):
    """A task whose target is computed from randomly drawn features."""

    num_features: int
    target: Callable[[np.ndarray], np.ndarray]
    """`[N, D] -> [N]`."""
    uniform: bool = False
    """Whether features are uniform in 0..1, and features and target are then standardized.

    Otherwise features are standard normal, and nothing is standardized.
    """


def _sum(x: np.ndarray) -> np.ndarray:
    return x.sum(axis=1)


def _product(x: np.ndarray) -> np.ndarray:
    return x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] + x[:, 4]


def _friedman(x: np.ndarray) -> np.ndarray:
    """Source: Friedman (1991), "Multivariate Adaptive Regression Splines", section 4.3."""
    waves = 10 * np.sin(np.pi * x[:, 0] * x[:, 1])
    return waves + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]


SINE_FREQUENCY = 2.0


def _sine(x: np.ndarray) -> np.ndarray:
    return np.sin(SINE_FREQUENCY * x[:, 0])


def _length(x: np.ndarray) -> np.ndarray:
    return np.linalg.norm(x, axis=1)


FORMULAS = {
    "sum": Formula(5, _sum),
    "product": Formula(5, _product),
    "friedman": Formula(10, _friedman, uniform=True),
    "sine": Formula(1, _sine),
    "length": Formula(5, _length),
}

DIABETES = "diabetes"

TASKS = (*FORMULAS, DIABETES)
"""The tasks that ship with the package. A user's table is another task while it is open."""

OWN = "csv"
"""The prefix of the task name of a user's table."""

_SIZE_OF_OWN = re.compile(rf"{OWN}-(?P<num_rows>\d+)x(?P<num_features>\d+)-.+")


class Size(NamedTuple):
    """The size of a task."""

    num_features: int
    num_rows: int | None
    """None for a formula, which can draw any number of rows."""


def own_task(num_rows: int, num_features: int, name: str) -> str:
    """Returns the task name of a user's table, from which `size` can read the table's size."""
    return f"{OWN}-{num_rows}x{num_features}-{name}"


def is_own(task: str) -> bool:
    """Returns whether a task is a user's table, open or closed."""
    return _SIZE_OF_OWN.fullmatch(task) is not None


def size(task: str) -> Size:
    """Returns the size of a task, even if the task is a closed table.

    Raises:
      ValueError: if the task is unknown.
    """
    if task in FORMULAS:
        return Size(FORMULAS[task].num_features, None)
    if task == DIABETES:
        return Size(10, 442)
    own = _SIZE_OF_OWN.fullmatch(task)
    if own is None:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, got {task!r}")
    return Size(int(own["num_features"]), int(own["num_rows"]))
