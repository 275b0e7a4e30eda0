"""Estimates the time of runs, and splits long work into stretches of about equal time."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mlp_core.settings import MOST_RECORDS, RECORD_EVERY, Settings


class Work(NamedTuple):
    """A number of updates to make."""

    advance: Callable[[int], object]
    """Makes the updates up to the number in its argument, and blocks until they have finished."""
    updates: int
    first: int = 1
    """The number of updates in the first stretch, before any time has been measured."""


def made(work: Work, seconds: float) -> Iterator[int]:
    """Makes all updates, and yields the number of updates made so far after each stretch.

    Args:
      seconds: the approximate duration of a stretch.
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
    """Makes the updates of each work in turn, and yields the share of all updates made so far.

    Args:
      seconds: the approximate duration of a stretch, after which a share is yielded.
    """
    total, before = sum(work.updates for work in works), 0
    for work in works:
        for done in made(work, seconds):
            yield (before + done) / total
        before += work.updates


def estimated_seconds(settings: Settings) -> float:
    """Returns a run's estimated time without compilation, accurate within a factor of three."""
    records = settings.steps / RECORD_EVERY + 2  # also before the first and after the last update
    return seconds_of_updates(settings) + records * seconds_of_a_record(settings)


def seconds_of_evidence(settings: Settings) -> float:
    """Returns the estimated time to record a run's evidence, as accurate as `estimated_seconds`."""
    records = min(settings.steps, MOST_RECORDS) * seconds_of_a_record(settings)
    return 4 * (seconds_of_updates(settings) + records)


def steps_within(seconds: float, of_all: float, settings: Settings) -> int:
    """Returns how many of a run's steps fit in this many seconds, at least one.

    Args:
      of_all: the time of all steps, in seconds.
    """
    return max(1, int(min(settings.steps, settings.steps * seconds / of_all)))


def seconds_in_a_sweep(settings: Settings) -> float:
    """Returns the estimated time of one run in a sweep, which records losses only at the end."""
    return 0.6 * seconds_of_updates(settings) + 2 * seconds_of_a_record(settings)


def seconds_of_updates(settings: Settings) -> float:
    """Returns the estimated time of all updates of a run, without records."""
    return settings.steps * (15e-6 + 3e-10 * settings.batch_size * _products(settings))


def seconds_of_a_record(settings: Settings) -> float:
    """Returns the estimated time of one record, a forward pass over all rows."""
    return settings.num_rows * (2.5e-9 * sum(settings.hidden) + 2.5e-11 * _products(settings))


def _products(settings: Settings) -> int:
    """Returns the number of multiplications per example in a forward pass."""
    widths = (settings.num_features, *settings.hidden, 1)
    return sum(a * b for a, b in pairwise(widths))
