"""How surely means over seeds are known: intervals, verdicts, the seeds needed.

All of them come from the paired t test of the mean, so none contradicts another. Verdicts that
stand side by side are corrected for their number; intervals are not.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

Verdict = Literal["helps", "hurts", "no clear effect", "changes nothing"]

CONFIDENCE = 0.95
POWER = 0.8
MIN_SEEDS = 6
"""Fewer seeds give no verdict: five seeds agree by chance in 2 / 2^5 of all cases, over 5%."""


class Effect(NamedTuple):
    """A mean over seeds; above 0 is good."""

    mean: float
    low: float
    """With `high` the 95% interval of this mean alone; see `interval`."""
    high: float
    verdict: Verdict
    """Corrected for all means that are judged together."""
    leads: bool
    """Whether it is the largest of the means judged together, or not clearly below the largest."""


def judged(values: np.ndarray) -> tuple[Effect, ...]:
    """Returns the mean of each row with its interval and verdict.

    Args:
      values: `[K, S]`, K differences in the same S seeds.
    """
    low, high = interval(values)
    rows = zip(values.mean(axis=1), low, high, verdicts(values), leaders(values), strict=True)
    return tuple(
        Effect(float(mean), float(low), float(high), verdict, bool(leads))
        for mean, low, high, verdict, leads in rows
    )


def interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the ends of the 95% t interval of the mean over seeds.

    Args:
      values: `[..., S]`.

    Returns:
      low and high, `[...]` each. NaN for one seed. The mean itself where all seeds agree.
    """
    num_seeds = values.shape[-1]
    mean = values.mean(axis=-1)
    if num_seeds == 1:
        return np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    half_width = stats.t.ppf((1 + CONFIDENCE) / 2, num_seeds - 1) * _standard_error(values)
    return mean - half_width, mean + half_width


def verdicts(values: np.ndarray) -> tuple[Verdict, ...]:
    """Returns what the seeds say of each row's mean, all rows together wrong in at most 5%.

    Args:
      values: `[K, S]`.
    """
    clear = _differ(values)
    return tuple(map(_verdict, values, clear))


def leaders(values: np.ndarray) -> np.ndarray:
    """Returns which rows have the largest mean or cannot be separated from it, `[K]`.

    The seeds' differences to the row with the largest mean are judged like `verdicts`.

    Args:
      values: `[K, S]`.
    """
    largest = int(np.argmax(values.mean(axis=1)))
    others = np.arange(len(values)) != largest
    leads = np.full(len(values), True)
    leads[others] = ~_differ(values[largest] - values[others])
    return leads


def p_values(values: np.ndarray) -> np.ndarray:
    """Returns the two-sided p value of each row in a t test of its mean against 0, `[K]`.

    1 for a row of zeros, 0 for a row of other equal values.

    Args:
      values: `[K, S]`, with at least two seeds.
    """
    mean, error = values.mean(axis=1), _standard_error(values)
    distance = np.full(len(values), np.inf)
    np.divide(np.abs(mean), error, out=distance, where=error > 0)
    distance[mean == 0] = 0.0
    return np.asarray(2 * stats.t.sf(distance, values.shape[1] - 1))


def holm(p: np.ndarray) -> np.ndarray:
    """Returns p values corrected for their number, in the same order.

    The k-th smallest of K is multiplied by K - k + 1, and none is below a smaller one's. The chance
    of at least one value below 5% is then at most 5% if no effect exists.

    Args:
      p: `[K]`.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".
    """
    order = np.argsort(p)
    steps = np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1, np.maximum.accumulate(steps * p[order]))
    return corrected


def seeds_needed(values: np.ndarray) -> float:
    """Returns how many seeds in all would show the mean to differ from 0, 4 times out of 5.

    For a paired t test at 5%, two-sided, with power 0.8, if the mean and the standard deviation
    seen here were the true ones: n = ((z_0.975 + z_0.8) sd / mean)^2 + z_0.975^2 / 2, the last
    term for the t test's own wider tails. At least `MIN_SEEDS`.

    Args:
      values: `[S]`.

    Returns:
      A whole number, or infinity where the mean is 0, or NaN for one seed.

    Source: Guenther (1981), "Sample size formulas for normal theory T tests".
    """
    if len(values) == 1:
        return math.nan
    mean = float(np.mean(values))
    if mean == 0:
        return math.inf
    tail = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    distance = tail + float(stats.norm.ppf(POWER))
    needed = (distance * float(np.std(values, ddof=1)) / mean) ** 2 + tail**2 / 2
    return float(max(MIN_SEEDS, math.ceil(needed)))


def _differ(values: np.ndarray) -> np.ndarray:
    """Returns whether each row's mean differs from 0, corrected for the number of rows, `[K]`."""
    if values.shape[1] < MIN_SEEDS:
        return np.full(len(values), False)
    return holm(p_values(values)) < 1 - CONFIDENCE


def _verdict(values: np.ndarray, is_clear: bool) -> Verdict:
    if not values.any():
        return "changes nothing"
    if not is_clear:
        return "no clear effect"
    return "helps" if values.mean() > 0 else "hurts"


def _standard_error(values: np.ndarray) -> np.ndarray:
    """Returns the standard error of the mean of each row; `[..., S]` with S > 1."""
    return np.asarray(values.std(axis=-1, ddof=1) / math.sqrt(values.shape[-1]))
