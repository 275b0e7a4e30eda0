"""The effect of each fix, averaged over all orders: Shapley values of the validation loss drop.

The game: the players are the switches in which a grid's combinations differ. The value of a set of
switches is the drop of the loss from the combination with all of them off to the combination with
this set on. A drop above 0 is an improvement. `mlp_core.analysis.scores` defines the score of a run
that ends in NaN, and `mlp_core.analysis.paired` has the effect of one step on each seed.
"""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import accumulate, combinations
from math import comb
from typing import NamedTuple

import numpy as np

from mlp_core.analysis.intervals import interval
from mlp_core.analysis.scores import Unit, by_seed, levels, named, row, turned_on
from mlp_core.engine.grid import Grid
from mlp_core.switches import SWITCHES, Fixes


class Effect(NamedTuple):
    """The effect of one switch: the mean over seeds and its 95% interval (`interval`)."""

    switch: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Waterfall:
    """The credits of P switches turned on one after the other; they add up to the total drop."""

    order: tuple[str, ...]
    path: tuple[Fixes, ...]
    """The P + 1 combinations, from the base to the one with all switches of the order on."""
    loss: np.ndarray
    """`[P + 1]`, the scored validation loss, averaged over seeds; for "log10", geometrically."""
    credits: np.ndarray
    """`[P]`, the drop of the loss that each switch causes in this order, in the unit."""


def varied_switches(grid: Grid) -> tuple[str, ...]:
    """Returns the switches in which the combinations differ, in the order of `Fixes`."""
    return tuple(s for s in SWITCHES if len({getattr(c, s) for c in grid.combinations}) > 1)


def shapley_values(
    grid: Grid, unit: Unit = "log10", switches: tuple[str, ...] | None = None
) -> np.ndarray:
    """Returns each switch's drop of the loss, averaged over all orders of turning them on.

    phi_k = sum over sets T without k of |T|! (K - |T| - 1)! / K! (v(T + k) - v(T)).

    Args:
      unit: the unit of the drop, see `Unit`.
      switches: the K players; None for all switches in which the combinations differ.

    Returns:
      `[K, S]`, in the unit; the seeds are in the order of the grid.

    Raises:
      ValueError: if the grid does not contain all 2^K combinations of the switches, each once.

    Source: Shapley (1953), "A value for n-person games".
    """
    switches = varied_switches(grid) if switches is None else switches
    value = _game(grid, unit, switches)
    weights = _order_weights(len(switches))
    phi = []
    for bit in _bits(switches):
        others = _sets_without(bit, len(value))
        gain = value[others | bit] - value[others]
        phi.append(weights[np.bitwise_count(others)] @ gain)
    return np.stack(phi)


def shapley(
    grid: Grid, unit: Unit = "log10", switches: tuple[str, ...] | None = None
) -> tuple[Effect, ...]:
    """Returns the effect of each switch over all seeds; see `shapley_values`."""
    switches = varied_switches(grid) if switches is None else switches
    values = shapley_values(by_seed(grid), unit, switches)
    low, high = interval(values)
    rows = zip(switches, values.mean(axis=1), low, high, strict=True)
    return tuple(Effect(switch, *map(float, numbers)) for switch, *numbers in rows)


def interactions(
    grid: Grid, unit: Unit = "log10", switches: tuple[str, ...] | None = None
) -> np.ndarray:
    """Returns the interaction of each pair of switches: their joint minus their separate effects.

    This is the Shapley interaction index, averaged over seeds:
    I_ij = sum over sets T without i, j of |T|! (K - |T| - 2)! / (K - 1)!
    (v(T + i + j) - v(T + i) - v(T + j) + v(T)).
    Above 0, each switch makes the other more effective; below 0, their effects overlap.

    Args:
      unit: the unit of the drop, see `Unit`.
      switches: see `shapley_values`.

    Returns:
      `[K, K]`, symmetric, in the unit. NaN on the diagonal.

    Raises:
      ValueError: see `shapley_values`.

    Source: Grabisch & Roubens (1999), "An axiomatic approach to the concept of interaction".
    """
    switches = varied_switches(grid) if switches is None else switches
    value = _game(by_seed(grid), unit, switches).mean(axis=1)
    weights = _order_weights(len(switches) - 1)
    matrix = np.full((len(switches), len(switches)), np.nan)
    for (i, one), (j, two) in combinations(enumerate(_bits(switches)), 2):
        others = _sets_without(one | two, len(value))
        gain = value[others | one | two] - value[others | one] - value[others | two]
        gain += value[others]
        matrix[i, j] = matrix[j, i] = weights[np.bitwise_count(others)] @ gain
    return matrix


def waterfall(grid: Grid, base: Fixes, order: tuple[str, ...], unit: Unit = "log10") -> Waterfall:
    """Returns the credits of the switches for one order of turning them on.

    The grid only needs to contain the combinations along this path.

    Raises:
      ValueError: if a combination of the path is not in the grid, or a switch of the order is
        unknown, on in `base`, or named twice.
    """
    path = tuple(accumulate(order, lambda fixes, s: turned_on(fixes, (s,)), initial=base))
    level = levels(by_seed(grid), unit)[[row(grid, fixes) for fixes in path]].mean(axis=1)
    loss = level if unit == "plain" else 10**level
    return Waterfall(order, path, loss, -np.diff(level))


def _game(grid: Grid, unit: Unit, switches: tuple[str, ...]) -> np.ndarray:
    """Returns the value of every set of switches, `[2^K, S]`.

    Bit k of a row's number tells whether switch k is in the set.
    """
    level = levels(grid, unit)[_rows(grid, switches)]
    return level[0] - level


def _rows(grid: Grid, switches: tuple[str, ...]) -> np.ndarray:
    """Returns the row of every set of switches in the grid, `[2^K]`."""
    varied = varied_switches(grid)
    if not switches or not set(varied) <= set(switches) <= set(SWITCHES):
        raise ValueError(
            f"switches must be those in which the combinations differ ({', '.join(varied)}), "
            f"got {switches!r}"
        )
    numbers = [
        sum(bit for bit, s in zip(_bits(switches), switches, strict=True) if getattr(fixes, s))
        for fixes in grid.combinations
    ]
    counts = Counter(numbers)
    for number in range(2 ** len(switches)):
        if counts[number] != 1:
            raise ValueError(
                f"the grid must contain all {2 ** len(switches)} combinations of "
                f"{', '.join(switches)} exactly once, got {_set_name(number, grid, switches)} "
                f"{counts[number]} times"
            )
    return np.argsort(numbers)


def _set_name(number: int, grid: Grid, switches: tuple[str, ...]) -> str:
    on = {s: bool(number & bit) for bit, s in zip(_bits(switches), switches, strict=True)}
    return named(replace(grid.combinations[0], **on))


def _bits(switches: tuple[str, ...]) -> list[int]:
    """Returns the bit of each switch in the number of a set."""
    return [1 << k for k in range(len(switches))]


def _sets_without(bits: int, num_sets: int) -> np.ndarray:
    """Returns the numbers of all sets that contain none of the switches of these bits."""
    sets = np.arange(num_sets)
    return sets[sets & bits == 0]


def _order_weights(num_switches: int) -> np.ndarray:
    """Returns how often exactly t given switches come before another one, over all orders.

    Returns:
      `[n]`. Entry t is the share of the n! orders of n switches, t! (n - t - 1)! / n!.
    """
    return np.array([1 / (num_switches * comb(num_switches - 1, t)) for t in range(num_switches)])
