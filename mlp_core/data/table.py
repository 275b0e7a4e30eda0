"""Tables of numbers to train on: the diabetes data, which ship, and a reader's own while open."""

import csv
import hashlib
import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mlp_core.stored import FOLDER
from mlp_core.tasks import is_own, own_task

DIABETES = FOLDER / "diabetes.csv"
"""442 patients, ten measurements, the progression of their diabetes one year later.

Source: Efron, Hastie, Johnstone and Tibshirani (2004), "Least Angle Regression", Annals of
Statistics 32; the raw numbers as scikit-learn (BSD-3-Clause) distributes them, columns in words.
"""

_DIABETES_SHA256 = "839c546b0b4ac02c2e6cbe5e5c92313cefa993446c9733e9b49477cc3f96e104"
"""Of the numbers, `[442, 11]` as float64."""


class Limits(NamedTuple):
    """The sizes of a table, both ends allowed."""

    low: int
    high: int


ROWS = Limits(20, 100_000)
COLUMNS = Limits(2, 64)
"""The target is one of them."""

LARGEST = 1e30
"""The largest size of a number: sums of squares stay finite."""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows to train on, all finite numbers, as they were measured.

    Raises:
      ValueError: if the shapes do not fit together, a size is out of its limits, a number is not
        finite, or the target is constant.
    """

    features: tuple[str, ...]
    """`[D]`, the names of x's columns."""
    target: str
    x: np.ndarray
    """`[N, D]`, float64."""
    y: np.ndarray
    """`[N]`, float64."""

    def __post_init__(self) -> None:
        shapes = np.shape(self.x), np.shape(self.y), (len(self.features),)
        if len(shapes[0]) != 2 or (shapes[0][:1], shapes[0][1:]) != shapes[1:]:
            raise ValueError(
                "x must be [N, D], y [N], and features D names, got shapes "
                f"{shapes[0]}, {shapes[1]}, and {shapes[2]}"
            )
        rows, columns = len(self.x), len(self.features) + 1
        if not ROWS.low <= rows <= ROWS.high:
            raise ValueError(f"rows must be {ROWS.low:,} to {ROWS.high:,}, got {rows:,}")
        if not COLUMNS.low <= columns <= COLUMNS.high:
            raise ValueError(f"columns must be {COLUMNS.low} to {COLUMNS.high}, got {columns}")
        if not (np.abs(self.x) <= LARGEST).all() or not (np.abs(self.y) <= LARGEST).all():
            raise ValueError(f"all numbers must be in -{LARGEST:g}..{LARGEST:g}")
        if np.ptp(self.y) == 0:
            raise ValueError(f"the target must vary, got {self.y[0]:g} in every row")

    @property
    def has_two_values(self) -> bool:
        """Whether the target takes two values only, as a class does."""
        return bool(((self.y == self.y.min()) | (self.y == self.y.max())).all())

    def as_csv(self) -> str:
        """Returns the rows under the names of their columns, each number with all of its digits."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*self.features, self.target))
        writer.writerows(np.column_stack([self.x, self.y]).tolist())
        return file.getvalue()


@lru_cache(maxsize=1)
def diabetes() -> Table:
    """Returns the diabetes data, `[442, 10]`.

    Raises:
      ValueError: if their file is missing or is not the one that ships.
    """
    try:
        *features, target = DIABETES.read_text().partition("\n")[0].split(",")
        numbers = np.loadtxt(DIABETES, delimiter=",", skiprows=1)
        if hashlib.sha256(numbers.tobytes()).hexdigest() != _DIABETES_SHA256:
            raise ValueError("the numbers are others")
    except (OSError, ValueError) as error:
        raise ValueError(f"{DIABETES.name} must be the file that ships; it is not") from error
    return Table(tuple(features), target, numbers[:, :-1], numbers[:, -1])


_open: dict[str, Table] = {}


def opened(table: Table, name: str | None = None) -> str:
    """Lets a reader's own table be trained on, and returns the task it is, until it is `closed`.

    Args:
      name: None for one that cannot be guessed, so that only its owner can train on the table.
    """
    num_rows, num_features = table.x.shape
    task = own_task(num_rows, num_features, name or secrets.token_hex(8))
    _open[task] = table
    return task


def closed(task: str) -> None:
    """Closes a reader's own table, and drops everything that was made from it (`when_closed`)."""
    _open.pop(task, None)
    for forget in _forgetting:
        forget(task)


_forgetting: list[Callable[[str], object]] = []


def when_closed(forget: Callable[[str], object]) -> None:
    """Registers what drops everything that a cache holds of a table, given the table's task."""
    _forgetting.append(forget)


def check_open(task: str) -> None:
    """Fails if a task is a reader's own table that is closed.

    To be called last by a function whose results are kept: a table that was closed meanwhile must
    not stay in memory.

    Raises:
      ValueError: if it is.
    """
    if is_own(task) and task not in _open:
        raise ValueError("task must be a table that is open; this one is not, or not anymore")


def table_of(task: str) -> Table | None:
    """Returns the table of a task; None if it is not one, or one no longer open."""
    return diabetes() if task == "diabetes" else _open.get(task)
