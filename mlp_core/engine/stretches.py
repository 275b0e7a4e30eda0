"""Long work cut into stretches of about equal time, so that its caller can stop in between."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np


class Work(NamedTuple):
    """Some updates to be made."""

    advance: Callable[[int], object]
    """Makes the updates up to its argument, and waits for them."""
    updates: int
    first: int = 1
    """How many updates to make in the first stretch, which has no pace to go by."""


def made(work: Work, seconds: float) -> Iterator[int]:
    """Makes all updates, and yields after each stretch how many are made.

    Args:
      seconds: about how long a stretch takes.
    """
    done, size = 0, work.first
    while done < work.updates:
        began = time.perf_counter()
        done = min(done + size, work.updates)
        work.advance(done)
        pace = seconds / (time.perf_counter() - began)
        size = max(1, int(size * np.clip(pace, 1 / 4, 8)))
        yield done


def all_made(works: Sequence[Work], seconds: float) -> Iterator[float]:
    """Does one work after the other, and yields after each stretch which share of all is done."""
    total, before = sum(work.updates for work in works), 0
    for work in works:
        for done in made(work, seconds):
            yield (before + done) / total
        before += work.updates
