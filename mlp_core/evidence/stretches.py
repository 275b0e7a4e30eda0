"""Long work cut into stretches of about equal time, so that its caller can stop in between."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

_FIRST = 20


class Work(NamedTuple):
    """Some updates to be made."""

    advance: Callable[[int, int], None]
    """Makes the updates from its first argument to its second, and waits for them."""
    updates: int


def done(works: Sequence[Work], seconds: float) -> Iterator[float]:
    """Does one work after the other, and yields after each stretch which share of all is done.

    Args:
      seconds: about how long a stretch takes.
    """
    total, before = sum(work.updates for work in works), 0
    for work in works:
        for made in _made(work, seconds):
            yield (before + made) / total
        before += work.updates


def _made(work: Work, seconds: float) -> Iterator[int]:
    made, size = 0, _FIRST
    while made < work.updates:
        began = time.perf_counter()
        stop = min(made + size, work.updates)
        work.advance(made, stop)
        made = stop
        pace = seconds / (time.perf_counter() - began)
        size = max(1, int(size * np.clip(pace, 1 / 4, 8)))
        yield made
