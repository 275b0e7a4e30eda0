"""How long a run takes, roughly, and how long work is cut into stretches of about equal time."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mlp_core.settings import MOST_RECORDS, RECORD_EVERY, Settings


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


def estimated_seconds(settings: Settings) -> float:
    """Returns about how long a run takes, compiling left out. Right within a factor of three."""
    records = settings.steps / RECORD_EVERY + 2  # the first and the last update's as well
    return seconds_of_updates(settings) + records * seconds_of_a_record(settings)


def seconds_of_evidence(settings: Settings) -> float:
    """Returns about how long it takes to gather a run's evidence, compiling left out."""
    records = min(settings.steps, MOST_RECORDS) * seconds_of_a_record(settings)
    return 4 * (seconds_of_updates(settings) + records)


def steps_within(seconds: float, of_all: float, settings: Settings) -> int:
    """Returns how many of a run's steps take so long, at least one.

    Args:
      of_all: how many seconds all of them take.
    """
    return max(1, int(min(settings.steps, settings.steps * seconds / of_all)))


def seconds_in_a_sweep(settings: Settings) -> float:
    """Returns about how long one of many runs takes, where its losses are recorded at the end."""
    return 0.6 * seconds_of_updates(settings) + 2 * seconds_of_a_record(settings)


def seconds_of_updates(settings: Settings) -> float:
    """Returns about how long all updates of a run take, nothing recorded."""
    return settings.steps * (15e-6 + 3e-10 * settings.batch_size * _products(settings))


def seconds_of_a_record(settings: Settings) -> float:
    """Returns about how long it takes to look at all rows once: what the network makes of them."""
    return settings.num_rows * (2.5e-9 * sum(settings.hidden) + 2.5e-11 * _products(settings))


def _products(settings: Settings) -> int:
    """Returns the multiplications that an example takes."""
    widths = (settings.num_features, *settings.hidden, 1)
    return sum(a * b for a, b in pairwise(widths))
