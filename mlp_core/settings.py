"""The settings of one training run, and the bounds they are checked against."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

TASKS = {"sum": 5}
"""Each task's number of input features."""

SCHEDULES = ("constant", "cosine")


class Bounds(NamedTuple):
    """The smallest and the largest value a setting may take, both allowed."""

    low: float
    high: float


BOUNDS = {
    "seed": Bounds(0, 2**31 - 1),
    "examples": Bounds(100, 100_000),
    "val_share": Bounds(0.05, 0.5),
    "steps": Bounds(1, 20_000),
    "batch_size": Bounds(1, 4096),
    "learning_rate": Bounds(1e-5, 1.0),
    "weight_decay": Bounds(0.0, 1.0),
    "clip_norm": Bounds(0.01, 100.0),
}
WIDTH = Bounds(2, 256)
DEPTH = Bounds(1, 6)
MAX_ROWS = 6_000_000
"""The most rows a run may read in all, over and over counted: a run's batches lie in memory."""

_WHOLE = ("seed", "examples", "steps", "batch_size")


class Shape(NamedTuple):
    """What a compiled run is specialised to. Runs of one shape share an executable."""

    num_train: int
    num_val: int
    num_features: int
    hidden: tuple[int, ...]
    steps: int
    batch_size: int


@dataclass(frozen=True)
class Settings:
    """One run's settings; the defaults are the post's.

    Args:
      hidden: the width of each hidden layer, first to last.
      clip_norm: the largest global norm of a gradient; None clips nothing.

    Raises:
      ValueError: if a field is out of its bounds (`BOUNDS`, `WIDTH`, `DEPTH`), a batch is larger
        than the training set, or all batches together are larger than `MAX_ROWS`.
    """

    seed: int = 42
    task: str = "sum"
    examples: int = 10_000
    val_share: float = 0.2
    hidden: tuple[int, ...] = (8, 6, 6)
    steps: int = 1000
    batch_size: int = 256
    learning_rate: float = 0.01
    weight_decay: float = 0.001
    schedule: str = "constant"
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        for name, bounds in BOUNDS.items():
            _check_number(name, getattr(self, name), bounds)
        _check_choice("task", self.task, TASKS)
        _check_choice("schedule", self.schedule, SCHEDULES)
        _check_hidden(self.hidden)
        if self.batch_size > self.num_train:
            raise ValueError(
                f"batch_size must be at most the {self.num_train} training rows, "
                f"got {self.batch_size}"
            )
        if self.steps * self.batch_size > MAX_ROWS:
            raise ValueError(
                f"steps times batch_size must be at most {MAX_ROWS}, got "
                f"{self.steps * self.batch_size}; lower one of them"
            )

    @property
    def num_train(self) -> int:
        """Rows that train: the first `1 - val_share` of the examples, rounded down."""
        return math.floor(self.examples * (1 - self.val_share) + 1e-9)

    @property
    def num_features(self) -> int:
        """Inputs of one example."""
        return TASKS[self.task]

    @property
    def num_val(self) -> int:
        """Rows held back for validation."""
        return self.examples - self.num_train

    @property
    def steps_per_epoch(self) -> int:
        """Batches until every training row has been seen; the last one may be smaller."""
        return math.ceil(self.num_train / self.batch_size)

    @property
    def shape(self) -> Shape:
        """The part of the settings a compiled run is specialised to."""
        return Shape(
            self.num_train,
            self.num_val,
            self.num_features,
            self.hidden,
            self.steps,
            self.batch_size,
        )


def _check_number(name: str, value: object, bounds: Bounds) -> None:
    if value is None and name == "clip_norm":
        return
    kinds = int if name in _WHOLE else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        kind = "a whole number" if name in _WHOLE else "a number"
        raise ValueError(f"{name} must be {kind}, got {value!r}")
    if not bounds.low <= value <= bounds.high:
        raise ValueError(f"{name} must be in {bounds.low}..{bounds.high}, got {value}")


def _check_choice(name: str, value: str, choices: Collection[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _check_hidden(hidden: object) -> None:
    if not isinstance(hidden, tuple) or not DEPTH.low <= len(hidden) <= DEPTH.high:
        raise ValueError(
            f"hidden must be a tuple of {DEPTH.low}..{DEPTH.high} widths, got {hidden!r}"
        )
    for width in hidden:
        if (
            isinstance(width, bool)
            or not isinstance(width, int)
            or not WIDTH.low <= width <= WIDTH.high
        ):
            raise ValueError(f"a hidden width must be in {WIDTH.low}..{WIDTH.high}, got {width!r}")
