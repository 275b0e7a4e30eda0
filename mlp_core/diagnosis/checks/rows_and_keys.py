"""Checks of a run's inputs: the rows of its minibatches, and its random keys."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from mlp_core.diagnosis.ledger import Draw
from mlp_core.diagnosis.records import Evidence, Finding, span

NEVER_SEEN = 0.01
"""A smaller share of training rows that are in no minibatch is not reported."""
MOVED_ON_NOTHING = 0.01
"""A smaller share of the parameters' path that is made on empty minibatches is not reported."""
SAME = 1 - 1e-9
"""Minimum correlation of copies: float32 rounding leaves 1 - 1e-14 for a scaled copy. By
chance, 1 in 2 billion pairs of four numbers is as correlated, and no pair of eight numbers."""


class EmptyBatches(NamedTuple):
    """Minibatches without rows."""

    empty: int
    minibatches: int
    shapes: tuple[tuple[int, ...], ...]  # for which the loss is compiled in the first updates
    shapes_updates: int  # number of these first updates


def empty_batches(evidence: Evidence) -> Finding | None:
    """Finds minibatches without rows. Precondition: none; they are counted."""
    rows, empty = evidence.rows, np.flatnonzero(evidence.rows.seen == 0)
    if not len(empty):
        return None
    measured = EmptyBatches(len(empty), len(rows.seen), rows.shapes, rows.shapes_updates)
    return Finding("empty_batches", "fault", "whole_batches", span(empty), measured)


class NeverSeen(NamedTuple):
    """Training rows that are in no minibatch."""

    rows: int
    num_train: int
    minibatches: int
    batch_size: int


def never_seen(evidence: Evidence) -> Finding | None:
    """Finds training rows that are in no minibatch.

    Precondition: all minibatches together have room for every training row.
    """
    rows, updates = evidence.rows, len(evidence.rows.seen)
    if updates * rows.batch_size < rows.num_train or rows.never_seen < NEVER_SEEN:
        return None
    unseen = round(rows.never_seen * rows.num_train)
    measured = NeverSeen(unseen, rows.num_train, updates, rows.batch_size)
    return Finding("never_seen", "symptom", "whole_batches", (0, updates), measured)


class MovedOnNothing(NamedTuple):
    """Updates on empty minibatches that move the parameters."""

    share: float  # of the length of the parameters' path
    updates: int


def moved_on_nothing(evidence: Evidence) -> Finding | None:
    """Finds parameters that move in updates on empty minibatches.

    Precondition: there are empty minibatches, and the length of the path is finite.
    """
    share, empty = evidence.rows.moved_on_nothing, np.flatnonzero(evidence.rows.seen == 0)
    if not share >= MOVED_ON_NOTHING:
        return None
    measured = MovedOnNothing(share, len(empty))
    return Finding("moved_on_nothing", "symptom", "whole_batches", span(empty), measured)


class ReusedKeys(NamedTuple):
    """Random draws that share a key."""

    draws: int
    keys: int
    shared: tuple[tuple[str, ...], ...]  # for each reused key, the arrays drawn with it


def reuses(draws: tuple[Draw, ...]) -> list[tuple[Draw, ...]]:
    """Returns a tuple of draws for each key that is used more than once, in order of first use."""
    keys = dict.fromkeys(draw.key for draw in draws)
    shared = [tuple(draw for draw in draws if draw.key == key) for key in keys]
    return [same for same in shared if len(same) > 1]


def reused_keys(evidence: Evidence) -> Finding | None:
    """Finds draws that share a key. Precondition: none; the ledger lists all draws."""
    draws, shared = evidence.draws, reuses(evidence.draws)
    if not shared:
        return None
    arrays = tuple(tuple(dict.fromkeys(draw.array for draw in same)) for same in shared)
    measured = ReusedKeys(len(draws), len({draw.key for draw in draws}), arrays)
    return Finding("reused_keys", "fault", "split_keys", (0, 0), measured)


class Copy(NamedTuple):
    """Two arrays that start with the same random numbers, up to a factor."""

    first: str
    second: str
    numbers: int  # number of leading entries that they have in common
    is_equal: bool  # whether the factor is 1


class CopiedNumbers(NamedTuple):
    """Pairs of arrays that start with the same numbers."""

    pairs: int
    clearest: Copy


def copies(start: dict[str, np.ndarray]) -> list[Copy]:
    """Returns the pairs of arrays in which one starts with the numbers of the other.

    Constant arrays and pairs with fewer than four numbers in common are not evidence of a copy.
    """
    pairs = combinations(start.items(), 2)
    return [copy for pair in pairs if (copy := _copy(*pair)) is not None]


def _copy(first: tuple[str, np.ndarray], second: tuple[str, np.ndarray]) -> Copy | None:
    numbers = min(first[1].size, second[1].size)
    a, b = (np.ravel(array)[:numbers].astype(float) for _, array in (first, second))
    if numbers < 4 or np.ptp(a) == 0 or np.ptp(b) == 0 or np.corrcoef(a, b)[0, 1] < SAME:
        return None
    return Copy(first[0], second[0], numbers, bool((a == b).all()))


def copied_numbers(evidence: Evidence) -> Finding | None:
    """Finds initial arrays with the same numbers.

    Precondition: both arrays vary and have at least four entries; `SAME` says how rarely chance
    makes them equal.
    """
    found = copies(evidence.start)
    if not found:
        return None
    clearest = max(found, key=lambda copy: (copy.is_equal, copy.numbers))
    measured = CopiedNumbers(len(found), clearest)
    return Finding("copied_numbers", "symptom", "split_keys", (0, 0), measured)
