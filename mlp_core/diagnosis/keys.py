"""Were the initial parameters drawn independently of each other?"""

from itertools import combinations, groupby
from typing import NamedTuple

import numpy as np

from mlp_core.diagnosis.finding import Check, Finding, listed, place
from mlp_core.diagnosis.ledger import Draw
from mlp_core.diagnosis.records import Evidence

SAME = 1 - 1e-9
"""The least correlation of copies: float32 rounds a scaled one to 1 - 1e-14. Four independent
numbers are as correlated once in 2 billion pairs, eight never."""


class Copy(NamedTuple):
    """Two arrays that start with the same random numbers, up to a factor."""

    first: str
    second: str
    numbers: int
    """How many numbers they have in common, the first of each."""
    equal: bool
    """Whether the factor is 1."""


def reuses(draws: tuple[Draw, ...]) -> list[tuple[Draw, ...]]:
    """Returns the draws that share a key, for each key used more than once, in order."""
    keys = dict.fromkeys(draw.key for draw in draws)
    shared = [tuple(draw for draw in draws if draw.key == key) for key in keys]
    return [same for same in shared if len(same) > 1]


def copies(start: dict[str, np.ndarray]) -> list[Copy]:
    """Returns the pairs of arrays in which one starts with the other's numbers.

    Constants and pairs with fewer than four numbers in common are no evidence of a copy.
    """
    pairs = combinations(start.items(), 2)
    found = [_copy(first, second) for first, second in pairs]
    return [copy for copy in found if copy is not None]


def _copy(first: tuple[str, np.ndarray], second: tuple[str, np.ndarray]) -> Copy | None:
    numbers = min(first[1].size, second[1].size)
    a, b = (np.ravel(array)[:numbers].astype(float) for _, array in (first, second))
    if numbers < 4 or np.ptp(a) == 0 or np.ptp(b) == 0 or np.corrcoef(a, b)[0, 1] < SAME:
        return None
    return Copy(first[0], second[0], numbers, bool((a == b).all()))


def _reused_keys(evidence: Evidence) -> Finding | None:
    """Finds draws that share a key. Precondition: none, the draws are listed in the ledger."""
    shared = reuses(evidence.draws)
    if not shared:
        return None
    keys = len({draw.key for draw in evidence.draws})
    groups = "; ".join(_arrays(same) for same in shared)
    return Finding(
        name="reused_keys",
        severity="fault",
        title="Random keys are used more than once",
        found=f"{len(evidence.draws)} random draws use {keys} keys. One key each for {groups}.",
        why=(
            "A key determines its random numbers: a second draw with it returns the same ones. "
            "Arrays that should be independent then start as copies of each other."
        ),
        fix="split_keys",
        source="mlp_core.engine.model.init",
        updates=(0, 0),
    )


def _arrays(draws: tuple[Draw, ...]) -> str:
    """Returns `W, b and g of layer 1`, by layers."""
    layers = groupby(map(place, dict.fromkeys(draw.array for draw in draws)), lambda at: at[0])
    return " with ".join(
        f"{listed([letter for _, letter in group])} of {layer}" for layer, group in layers
    )


def _copied_numbers(evidence: Evidence) -> Finding | None:
    """Finds initial arrays with the same numbers.

    Precondition: two arrays vary and have four numbers in common; see `SAME` for chance.
    """
    found = copies(evidence.start)
    if not found:
        return None
    first = max(found, key=lambda copy: (copy.equal, copy.numbers))
    (layer, a), (other, b) = place(first.first), place(first.second)
    same = "equal" if first.equal else "equal up to a factor"
    of = f"{a} and {b} of {layer}" if layer == other else f"{a} of {layer} and {b} of {other}"
    pairs = "pair of arrays starts" if len(found) == 1 else "pairs of arrays start"
    return Finding(
        name="copied_numbers",
        severity="symptom",
        title="Initial parameters are copies of each other",
        found=(
            f"{len(found)} {pairs} with the same numbers. The first {first.numbers} numbers of "
            f"{of} are {same}."
        ),
        why=(
            "Copied parameters start in fewer directions than there are parameters. A unit whose "
            "gain equals its bias is either large and shifted up, or flipped and shifted down."
        ),
        fix="split_keys",
        source="mlp_core.engine.model.init",
        updates=(0, 0),
    )


CHECKS = (
    Check("reused_keys", "Every random draw of the initialisation has its own key.", _reused_keys),
    Check("copied_numbers", "No initial array starts with another one's numbers.", _copied_numbers),
)
