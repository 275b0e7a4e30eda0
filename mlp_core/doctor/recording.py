"""Observations of a running script: keys, calls of compiled functions, training samples."""

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
    """Returns whether a call is examined: the first six, then pairs at 8, 16, 32, ..."""
    even = call & ~1
    return call < 4 or even & (even - 1) == 0


class Draw(NamedTuple):
    """One use of a key."""

    operation: str
    """The sampler's name, or "split"."""
    stack: Stack
    numbers: int
    """Number of random numbers drawn."""
    step: int
    """Number of training steps before the draw."""
    call: tuple[str, int]
    """The compiled function and the number of its call; ("", 0) outside compiled functions."""
    times: int = 1
    """Number of draws in this call: over the iterations of a scan, or across a `vmap`."""


@dataclass
class Uses:
    """The uses of one key: the first few at each place, and the steps of all."""

    draws: list[Draw] = field(default_factory=list)
    steps: dict[Place, set[int]] = field(default_factory=dict)

    def add(self, draw: Draw) -> None:
        """Stores a use; in full only for the first 8 uses at a place."""
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
    """A compiled function, or a transformed function called outside compiled functions."""

    name: str
    form: str
    """ "jit", "grad", "scan", or "vmap"."""
    place: Place
    calls: int = 0
    iterations: int = 1
    """Number of gradients in one call, if a loop inside the function computes them."""
    signatures: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    traces: list[tuple[Any, ...]] = field(default_factory=list)
    is_training: bool = False
    discards: Counter[Place] = field(default_factory=Counter)
    notes: list[Any] = field(default_factory=list)
    """The notes of the twin, each with the number of its call."""
    is_nonfinite: bool = False
    """Whether the newest result that was checked is NaN or infinite."""
    is_given_nonfinite: bool = False
    """Whether the arguments of the call in `culprit` already contained a NaN or an infinity."""
    culprit: Any = None
    """The number and the notes of the first call that made a NaN or an infinity, if any."""


@dataclass
class Window:
    """Operations and reads that Python made one by one during a few training steps."""

    steps: int
    operations: Counter[Place]
    reads: list[set[Place]]
    """For each step, the lines that read a value back."""


@dataclass
class Recorder:
    """All observations of a script."""

    keys: dict[bytes, Uses] = field(default_factory=dict)
    regions: dict[Any, Region] = field(default_factory=dict)
    gradients: dict[Place, Gradient] = field(default_factory=dict)
    states: dict[Place, list[tuple[bytes, bytes]]] = field(default_factory=dict)
    """Digests of an optimizer's state before and after its updates, by the place of the update."""
    discards: Counter[tuple[Place, str]] = field(default_factory=Counter)
    windows: list[Window] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    step: int = 0
    """Number of training steps so far: calls of functions that compute a gradient."""
    compiled_calls: int = 0
    draws: int = 0

    def use(self, key: np.ndarray, draw: Draw) -> None:
        """Stores the use of a key, or of each key in an array of keys."""
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
    """Returns the words of a key, `[..., W]`, or None if the value is not a key."""
    try:
        if jax.numpy.issubdtype(key.dtype, jax.dtypes.prng_key):
            return np.asarray(jax.random.key_data(key))
        if key.dtype == np.uint32 and key.ndim and key.shape[-1] in (2, 4):
            return np.asarray(key)
    except (AttributeError, TypeError):
        pass
    return None


def has_tracer(leaves: Iterable[Any]) -> bool:
    """Returns whether any of the leaves is a tracer."""
    return any(isinstance(leaf, jax.core.Tracer) for leaf in leaves)


def is_tracing() -> bool:
    """Returns whether a function is being traced, even if all arguments of a call are concrete."""
    return isinstance(jax.numpy.zeros(()), jax.core.Tracer)


def is_empty(leaves: Iterable[Any]) -> bool:
    """Returns whether any of the leaves is an array without elements."""
    return any(0 in getattr(leaf, "shape", ()) for leaf in leaves)


def is_float(leaf: Any) -> bool:
    """Returns whether a leaf is a floating-point array."""
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and bool(jax.numpy.issubdtype(dtype, np.floating))
