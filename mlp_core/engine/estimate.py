"""How long a compiled run takes, roughly, before anything is measured."""

from itertools import pairwise

from mlp_core.settings import MOST_RECORDS, RECORD_EVERY, Settings


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
