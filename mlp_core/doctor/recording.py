"""What is seen while a script runs: keys, calls of compiled functions, samples of the training."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import numpy as np

from mlp_core.doctor.places import Place, Stack

MOST_KEYS = 100_000
MOST_NUMBERS = 1_000_000
"""Parameters with more numbers are not stored."""


def is_sampled(call: int) -> bool:
    """Returns whether a call is looked at: the first six, and pairs at 8, 16, 32, ..."""
    even = call & ~1
    return call < 4 or even & (even - 1) == 0


class Draw(NamedTuple):
    """One use of a key."""

    operation: str
    """The sampler's name, or "split"."""
    stack: Stack
    numbers: int
    """How many numbers were drawn."""
    step: int
    """How many training steps were made before."""
    call: tuple[str, int]
    """Of which compiled function, and which call of it; ("", 0) outside of them."""
    times: int = 1
    """How often in this call: in the iterations of a scan, or the members of a `vmap`."""


@dataclass
class Uses:
    """All uses of one key: the first of each place and step."""

    draws: list[Draw] = field(default_factory=list)
    steps: dict[Place, set[int]] = field(default_factory=dict)

    def add(self, draw: Draw) -> None:
        """Stores a use; of a place, the first few."""
        self.steps.setdefault(draw.stack.place, set()).add(draw.step)
        if sum(one.stack.place == draw.stack.place for one in self.draws) < 8:
            self.draws.append(draw)


class Sample(NamedTuple):
    """The parameters and gradients of one call of a gradient function."""

    call: int
    params: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]


@dataclass
class Gradient:
    """A place that computes gradients."""

    place: Place
    samples: list[Sample] = field(default_factory=list)


@dataclass
class Region:
    """A compiled function, or a transformed one that the reader calls outside of compiled code."""

    name: str
    form: str
    """ "jit", "grad", "scan", or "vmap"."""
    place: Place
    calls: int = 0
    iterations: int = 1
    """Of the longest scan inside."""
    signatures: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    traces: list[tuple[Any, ...]] = field(default_factory=list)
    is_training: bool = False
    discards: Counter[Place] = field(default_factory=Counter)
    notes: list[Any] = field(default_factory=list)
    """What the twin computed, with the number of the call."""
    is_nonfinite: bool = False
    """Whether the newest result that was checked is NaN or infinite."""
    is_given_nonfinite: bool = False
    """Whether the arguments of that call were so before."""
    culprit: Any = None


@dataclass
class Window:
    """What Python sent to the device in a few training steps."""

    steps: int
    operations: Counter[Place]
    reads: list[set[Place]]
    """Of each step, the lines that read a value back."""


@dataclass
class Recorder:
    """Everything that was seen."""

    keys: dict[bytes, Uses] = field(default_factory=dict)
    regions: dict[Any, Region] = field(default_factory=dict)
    gradients: dict[Place, Gradient] = field(default_factory=dict)
    states: dict[Place, list[tuple[bytes, bytes]]] = field(default_factory=dict)
    """By the place of an optimizer's update: digests of the state before and after."""
    discards: Counter[tuple[Place, str]] = field(default_factory=Counter)
    windows: list[Window] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    step: int = 0
    """Training steps so far: calls of functions that compute a gradient."""
    compiled_calls: int = 0
    draws: int = 0

    def use(self, key: np.ndarray, draw: Draw) -> None:
        """Stores the use of a key; of several keys, each one's."""
        self.draws += draw.times
        if not draw.stack.places:
            return
        self.files.add(draw.stack.place.file)
        words = np.ascontiguousarray(key)
        for data in words.reshape(-1, words.shape[-1])[:4096]:
            uses = self.keys.get(data.tobytes())
            if uses is None and len(self.keys) < MOST_KEYS:
                uses = self.keys[data.tobytes()] = Uses()
            if uses is not None:
                uses.add(draw)

    def gradient(self, place: Place) -> Gradient:
        """Returns the record of a place that computes gradients."""
        self.files.add(place.file)
        return self.gradients.setdefault(place, Gradient(place))


def key_words(key: Any) -> np.ndarray | None:
    """Returns the words of a key, `[..., W]`; None for what is no key."""
    try:
        if jax.numpy.issubdtype(key.dtype, jax.dtypes.prng_key):
            return np.asarray(jax.random.key_data(key))
        if key.dtype == np.uint32 and key.ndim and key.shape[-1] in (2, 4):
            return np.asarray(key)
    except (AttributeError, TypeError):
        pass
    return None


def has_tracer(leaves: Iterable[Any]) -> bool:
    """Returns whether a leaf is being traced."""
    return any(isinstance(leaf, jax.core.Tracer) for leaf in leaves)


def is_empty(leaves: Iterable[Any]) -> bool:
    """Returns whether a leaf has no numbers."""
    return any(0 in getattr(leaf, "shape", ()) for leaf in leaves)


def is_float(leaf: Any) -> bool:
    """Returns whether a leaf holds real numbers."""
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and bool(jax.numpy.issubdtype(dtype, np.floating))
