"""The settings of one training run and their bounds."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from numbers import Integral, Real
from typing import NamedTuple

from mlp_core import tasks

SCHEDULES = ("constant", "cosine")
VALIDATE = ("random", "last")


class Bounds(NamedTuple):
    """The smallest and the largest allowed value of a setting, both inclusive."""

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
"""The maximum number of values in all minibatches of one run together: 80 MB of memory."""

RECORD_EVERY = 20
"""The number of updates between two records of a run's losses."""

MOST_RECORDS = 200
"""The maximum number of records in a run's evidence (`mlp_core.diagnosis`)."""


class Shape(NamedTuple):
    """The static values of a compiled run. Runs with equal shapes share an executable."""

    num_train: int
    num_val: int
    num_features: int
    hidden: tuple[int, ...]
    steps: int
    batch_size: int


class Drawn(NamedTuple):
    """The values that determine a run's examples. Losses are comparable where these are equal."""

    task: str
    seed: int
    num_rows: int
    num_train: int
    noise: float
    validate: str


@dataclass(frozen=True)
class Settings:
    """The settings of one run; the defaults are the post's.

    NumPy numbers are accepted and stored as Python numbers.

    Args:
      task: one of `tasks.TASKS`, or the task of a user's table (`table.opened`).
      examples: the number of rows to draw for a formula; a table has its own rows.
      noise: the standard deviation of the noise that is added to a formula's target.
      validate: the rows of a table that are held out for validation, "random" or "last".
      hidden: the width of each hidden layer, first to last.
      clip_norm: the maximum global norm of a gradient; None disables clipping.

    Raises:
      ValueError: if a field has the wrong type or is out of bounds (`BOUNDS`, `WIDTH`, `DEPTH`), a
        choice is unknown, `noise` is set for a table, `validate` is "last" for a formula, a
        minibatch is larger than the training set, or all minibatches together have more than
        `MAX_INPUTS` values.
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
            # Plain Python numbers make equal settings serialize identically in links and files.
            object.__setattr__(self, name, _number(name, getattr(self, name), bounds))
        if tasks.size(self.task).num_rows is not None and self.noise:
            raise ValueError(f"noise must be 0 for a table, got {self.noise}")
        _check_choice("schedule", self.schedule, SCHEDULES)
        _check_choice("validate", self.validate, VALIDATE)
        if tasks.size(self.task).num_rows is None and self.validate != "random":
            raise ValueError(
                f"validate must be 'random' for a task with a formula, got {self.validate!r}"
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
        """The number of training and validation rows."""
        of_table = tasks.size(self.task).num_rows
        return self.examples if of_table is None else of_table

    @property
    def num_train(self) -> int:
        """The number of training rows: a share of `1 - val_share`, rounded down."""
        return math.floor(self.num_rows * (1 - self.val_share) + 1e-9)

    @property
    def num_features(self) -> int:
        """The number of inputs of one example."""
        return tasks.size(self.task).num_features

    @property
    def num_inputs(self) -> int:
        """The number of values, features and targets, in all minibatches of a run together."""
        return self.steps * self.batch_size * (self.num_features + 1)

    @property
    def num_val(self) -> int:
        """The number of validation rows."""
        return self.num_rows - self.num_train

    @property
    def steps_per_epoch(self) -> int:
        """The number of minibatches in an epoch; the last one may be smaller."""
        return math.ceil(self.num_train / self.batch_size)

    @property
    def shape(self) -> Shape:
        """The part of the settings that is static in a compiled run."""
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
        """The part of the settings that determines the examples and their split."""
        return Drawn(self.task, self.seed, self.num_rows, self.num_train, self.noise, self.validate)


def hidden_sizes(text: str) -> tuple[int, ...]:
    """Returns the layer widths in a text like "8, 6, 6".

    Raises:
      ValueError: if the text has no number, or anything but whole numbers, commas, and spaces.
    """
    try:
        sizes = tuple(int(size) for size in text.replace(",", " ").split())
        if sizes:
            return sizes
        raise ValueError
    except ValueError:
        rule = "Hidden sizes must be whole numbers separated by commas, like 8, 6, 6"
        raise ValueError(f"{rule}; got {text[:40]!r}") from None


def _number(name: str, value: object, bounds: Bounds) -> int | float | None:
    """Returns a setting as a Python int or float."""
    if value is None and name == "clip_norm":
        return None
    is_whole = isinstance(getattr(Settings, name), int)  # the default
    kind, kinds = ("a whole number", Integral) if is_whole else ("a number", Real)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise ValueError(f"{name} must be {kind}, got {value!r}")
    plain = int(value) if isinstance(value, Integral) else float(value)
    if not bounds.low <= plain <= bounds.high:
        raise ValueError(f"{name} must be in {bounds.low}..{bounds.high}, got {plain}")
    return plain if is_whole else float(plain)


def _check_choice(name: str, value: str, choices: Collection[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _widths(hidden: object) -> tuple[int, ...]:
    """Returns the widths as Python ints."""
    if not isinstance(hidden, tuple) or not DEPTH.low <= len(hidden) <= DEPTH.high:
        raise ValueError(
            f"hidden must be a tuple of {DEPTH.low}..{DEPTH.high} widths, got {hidden!r}"
        )
    for width in hidden:
        is_whole = isinstance(width, Integral) and not isinstance(width, bool)
        if not is_whole or not WIDTH.low <= int(width) <= WIDTH.high:
            raise ValueError(f"a hidden width must be in {WIDTH.low}..{WIDTH.high}, got {width!r}")
    return tuple(map(int, hidden))
