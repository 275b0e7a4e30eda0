"""Tables of numbers to train on: the diabetes data that ship, and open tables of users."""

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
"""Ten measurements of 442 patients, and the progression of their diabetes one year later.

Source: Efron, Hastie, Johnstone and Tibshirani (2004), "Least Angle Regression", Annals of
Statistics 32; the raw numbers as distributed by scikit-learn (BSD-3-Clause), with column names
written out.
"""

_DIABETES_SHA256 = "839c546b0b4ac02c2e6cbe5e5c92313cefa993446c9733e9b49477cc3f96e104"
"""The hash of the numbers, `[442, 11]`, as float64."""


class Limits(NamedTuple):
    """The minimum and the maximum size of a table, both inclusive."""

    low: int
    high: int


ROWS = Limits(20, 100_000)
COLUMNS = Limits(2, 64)
"""The number of columns, including the target."""

LARGEST = 1e30
"""The largest absolute value of a number, for which sums of squares stay finite."""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of finite numbers to train on, in their original units.

    Raises:
      ValueError: if the shapes do not match, a size is out of its limits (`ROWS`, `COLUMNS`), a
        number is not finite or exceeds `LARGEST`, or the target is constant.
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
        """Whether the target has only two values, like a binary class label."""
        return bool(((self.y == self.y.min()) | (self.y == self.y.max())).all())

    def as_csv(self) -> str:
        """Returns the table as CSV text with a header; numbers are written with all digits."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*self.features, self.target))
        writer.writerows(np.column_stack([self.x, self.y]).tolist())
        return file.getvalue()


@lru_cache(maxsize=1)
def diabetes() -> Table:
    """Returns the diabetes data, `[442, 10]`.

    Raises:
      ValueError: if the file is missing or is not the one that ships.
    """
    try:
        *features, target = DIABETES.read_text().partition("\n")[0].split(",")
        numbers = np.loadtxt(DIABETES, delimiter=",", skiprows=1)
        if hashlib.sha256(numbers.tobytes()).hexdigest() != _DIABETES_SHA256:
            raise ValueError("the hash of the numbers differs")
    except (OSError, ValueError) as error:
        raise ValueError(f"{DIABETES.name} must be the file that ships; it differs") from error
    return Table(tuple(features), target, numbers[:, :-1], numbers[:, -1])


_open: dict[str, Table] = {}


def opened(table: Table, name: str | None = None) -> str:
    """Opens a user's table and returns its task, which can be trained on until it is `closed`.

    Args:
      name: the name of the table; None for a random name that other users cannot guess, so that
        only the owner can train on the table.
    """
    num_rows, num_features = table.x.shape
    task = own_task(num_rows, num_features, name or secrets.token_hex(8))
    _open[task] = table
    return task


def closed(task: str) -> None:
    """Closes a user's table, and drops all cached results computed from it (`when_closed`)."""
    _open.pop(task, None)
    for forget in _forgetting:
        forget(task)


_forgetting: list[Callable[[str], object]] = []


def when_closed(forget: Callable[[str], object]) -> None:
    """Registers a function to call with a table's task when the table is closed.

    The function must drop everything that a cache contains from this table.
    """
    _forgetting.append(forget)


def check_open(task: str) -> None:
    """Raises an error if a task is a user's table that is closed.

    A function with cached results must call this last, because a table that was closed while the
    function ran must not stay in memory.

    Raises:
      ValueError: if the task is a user's table that is closed.
    """
    if is_own(task) and task not in _open:
        raise ValueError("task must be a table that is open; this one was closed or never opened")


def table_of(task: str) -> Table | None:
    """Returns the table of a task; None for a formula, and for a user's table that is closed."""
    return diabetes() if task == "diabetes" else _open.get(task)
