"""How surely a mean over seeds is known: its interval, a verdict, and how many seeds it takes."""

import math
from typing import Literal

# scipy reads `jax.Array` if JAX is in sys.modules, which fails while another thread imports JAX.
import jax  # noqa: F401
import numpy as np
from scipy import stats

Verdict = Literal["helps", "hurts", "no clear effect"]

CONFIDENCE = 0.95
POWER = 0.8
MIN_SEEDS = 6
"""Below it there is no verdict: five seeds that agree are no rarity, 2 / 2^5 is more than 5 %."""

_RESAMPLES = 2000
# A batch of resamples of a thousand seeds and seven switches stays near the processor's cache.
_BATCH = 64


def interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the ends of a 95 % confidence interval for the mean over seeds, by bootstrap.

    All rows share their resamples, and these are the same in every call. A plain percentile
    interval of n values is too narrow by about `sqrt((n - 1) / n) z / t`, so it takes few seeds
    for certain; this one reaches further out in the resampled means, by as much.

    Args:
      values: `[..., S]`.

    Returns:
      low and high, `[...]` each. NaN for one seed. The point itself where all seeds agree.

    Source: Hesterberg (2014), "What Teachers Should Know about the Bootstrap", arXiv:1411.5279,
    the expanded percentile interval.
    """
    num_seeds = values.shape[-1]
    if num_seeds == 1:
        return np.full(values.shape[:-1], np.nan), np.full(values.shape[:-1], np.nan)
    ends = stats.bootstrap(
        (values,),
        np.mean,
        axis=-1,
        vectorized=True,
        method="percentile",
        confidence_level=_expanded_level(num_seeds),
        n_resamples=_RESAMPLES,
        batch=_BATCH,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return ends.low, ends.high


def _expanded_level(num_seeds: int) -> float:
    """Returns the level at which a normal quantile is as far out as `sqrt(n / (n - 1)) t`."""
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, num_seeds - 1)
    return float(1 - 2 * stats.norm.sf(math.sqrt(num_seeds / (num_seeds - 1)) * quantile))


def verdict(low: float, high: float, num_seeds: int) -> Verdict:
    """Returns what an interval of the drop of the loss says; nothing if it holds 0."""
    if num_seeds >= MIN_SEEDS and low > 0:
        return "helps"
    if num_seeds >= MIN_SEEDS and high < 0:
        return "hurts"
    return "no clear effect"


def seeds_needed(values: np.ndarray) -> float:
    """Returns how many seeds in all would show the mean to differ from 0, 4 times out of 5.

    For a paired t test at 5 %, two-sided, with power 0.8, if the mean and the standard deviation
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
