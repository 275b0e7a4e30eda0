"""The settings of one training run, and the bounds they are checked against."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from numbers import Integral, Real
from typing import NamedTuple

from mlp_core import tasks

SCHEDULES = ("constant", "cosine")
VALIDATE = ("random", "last")


class Bounds(NamedTuple):
    """The smallest and the largest value a setting may take, both allowed."""

    low: float
    high: float


BOUNDS = {
    "seed": Bounds(0, 2**31 - 1),
    "examples": Bounds(100, 50_000),
    "noise": Bounds(0.0, 10.0),
    "val_share": Bounds(0.05, 0.5),
    "steps": Bounds(1, 10_000),
    "batch_size": Bounds(1, 1024),
    "learning_rate": Bounds(1e-5, 1.0),
    "weight_decay": Bounds(0.0, 1.0),
    "clip_norm": Bounds(0.01, 100.0),
}
WIDTH = Bounds(2, 64)
DEPTH = Bounds(1, 4)
MAX_INPUTS = 20_000_000
"""The most numbers that all of a run's batches may hold together: 80 MB of memory."""

RECORD_EVERY = 20
"""So many updates lie between two records of a run's losses."""

MOST_RECORDS = 200
"""The evidence of a run has no more of them."""

_WHOLE = ("seed", "examples", "steps", "batch_size")


class Shape(NamedTuple):
    """What a compiled run is specialized to. Runs of one shape share an executable."""

    num_train: int
    num_val: int
    num_features: int
    hidden: tuple[int, ...]
    steps: int
    batch_size: int


class Drawn(NamedTuple):
    """What decides a run's examples. Losses of runs with the same `Drawn` are comparable."""

    task: str
    seed: int
    num_rows: int
    num_train: int
    noise: float
    validate: str


@dataclass(frozen=True)
class Settings:
    """One run's settings; the defaults are the post's.

    Numbers may be NumPy's; the fields hold Python's own.

    Args:
      task: one of `tasks.TASKS`, or the task of a reader's own table (`table.opened`).
      examples: the rows to draw, for a task with a formula; a table has its own.
      noise: the standard deviation of what is added to a formula's target.
      validate: the rows of a table that validate, "random" ones or the "last".
      hidden: the width of each hidden layer, first to last.
      clip_norm: the largest global norm of a gradient; None clips nothing.

    Raises:
      ValueError: if a field is out of its bounds (`BOUNDS`, `WIDTH`, `DEPTH`), there is no such
        task, a table is to be noisy, a formula's last rows are to validate, a batch is larger than
        the training set, or all batches together are larger than `MAX_INPUTS`.
    """

    seed: int = 42
    task: str = "sum"
    examples: int = 10_000
    noise: float = 0.0
    val_share: float = 0.2
    hidden: tuple[int, ...] = (8, 6, 6)
    steps: int = 1000
    batch_size: int = 256
    learning_rate: float = 0.01
    weight_decay: float = 0.001
    schedule: str = "constant"
    clip_norm: float | None = None
    validate: str = "random"

    def __post_init__(self) -> None:
        for name, bounds in BOUNDS.items():
            # A plain number, so that equal settings are written alike, in a link as in a file.
            object.__setattr__(self, name, _number(name, getattr(self, name), bounds))
        if tasks.size(self.task).num_rows is not None and self.noise:
            raise ValueError(f"noise must be 0 where a table has the targets, got {self.noise}")
        _check_choice("schedule", self.schedule, SCHEDULES)
        _check_choice("validate", self.validate, VALIDATE)
        if tasks.size(self.task).num_rows is None and self.validate != "random":
            raise ValueError(
                f"validate must be random where a formula draws the rows, got {self.validate!r}"
            )
        object.__setattr__(self, "hidden", _widths(self.hidden))
        if self.batch_size > self.num_train:
            raise ValueError(
                f"batch_size must be at most the {self.num_train} training rows, "
                f"got {self.batch_size}"
            )
        if self.num_inputs > MAX_INPUTS:
            most = MAX_INPUTS // (self.num_features + 1)
            raise ValueError(
                f"steps times batch_size must be at most {most}, got "
                f"{self.steps * self.batch_size}; lower one of them"
            )

    @property
    def num_rows(self) -> int:
        """Rows that train or validate."""
        of_table = tasks.size(self.task).num_rows
        return self.examples if of_table is None else of_table

    @property
    def num_train(self) -> int:
        """Rows that train: a share of `1 - val_share`, rounded down."""
        return math.floor(self.num_rows * (1 - self.val_share) + 1e-9)

    @property
    def num_features(self) -> int:
        """Inputs of one example."""
        return tasks.size(self.task).num_features

    @property
    def num_inputs(self) -> int:
        """Numbers that the batches of a run hold together, features and targets."""
        return self.steps * self.batch_size * (self.num_features + 1)

    @property
    def num_val(self) -> int:
        """Rows held back for validation."""
        return self.num_rows - self.num_train

    @property
    def steps_per_epoch(self) -> int:
        """Batches until every training row has been seen; the last one may be smaller."""
        return math.ceil(self.num_train / self.batch_size)

    @property
    def shape(self) -> Shape:
        """The part of the settings a compiled run is specialized to."""
        return Shape(
            self.num_train,
            self.num_val,
            self.num_features,
            self.hidden,
            self.steps,
            self.batch_size,
        )

    @property
    def drawn(self) -> Drawn:
        """The part of the settings that decides the examples and their split."""
        return Drawn(self.task, self.seed, self.num_rows, self.num_train, self.noise, self.validate)


def hidden_sizes(text: str) -> tuple[int, ...]:
    """Returns the sizes in a text like "8, 6, 6".

    Raises:
      ValueError: if there is anything else in it.
    """
    try:
        sizes = tuple(int(size) for size in text.replace(",", " ").split())
        if sizes:
            return sizes
        raise ValueError
    except ValueError:
        rule = "Hidden sizes must be whole numbers with commas between them, like 8, 6, 6"
        raise ValueError(f"{rule}; got {text[:40]!r}") from None


def _number(name: str, value: object, bounds: Bounds) -> int | float | None:
    """Returns a setting as Python's own int or float."""
    if value is None and name == "clip_norm":
        return None
    kind, kinds = ("a whole number", Integral) if name in _WHOLE else ("a number", Real)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise ValueError(f"{name} must be {kind}, got {value!r}")
    plain = int(value) if isinstance(value, Integral) else float(value)
    if not bounds.low <= plain <= bounds.high:
        raise ValueError(f"{name} must be in {bounds.low}..{bounds.high}, got {plain}")
    return plain if name in _WHOLE else float(plain)


def _check_choice(name: str, value: str, choices: Collection[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _widths(hidden: object) -> tuple[int, ...]:
    """Returns the widths as Python's own ints."""
    if not isinstance(hidden, tuple) or not DEPTH.low <= len(hidden) <= DEPTH.high:
        raise ValueError(
            f"hidden must be a tuple of {DEPTH.low}..{DEPTH.high} widths, got {hidden!r}"
        )
    for width in hidden:
        is_whole = isinstance(width, Integral) and not isinstance(width, bool)
        if not is_whole or not WIDTH.low <= int(width) <= WIDTH.high:
            raise ValueError(f"a hidden width must be in {WIDTH.low}..{WIDTH.high}, got {width!r}")
    return tuple(map(int, hidden))
