"""The certainty of a mean over seeds: its interval, a verdict, and the number of seeds needed."""

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
"""The minimum number of seeds for a verdict.

Without any effect, five seeds agree in sign with a probability of 2 / 2^5, more than 5%.
"""

_RESAMPLES = 2000
# With this batch, resamples of a thousand seeds and seven switches about fit in the CPU's cache.
_BATCH = 64


def interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the ends of a 95% bootstrap confidence interval for the mean over seeds.

    All rows share the same resamples, which are the same in every call. A plain percentile interval
    of n values is too narrow by a factor of about `sqrt((n - 1) / n) z / t`, which makes a mean of
    few seeds look too certain. This interval uses more extreme percentiles of the resampled means
    to compensate for that factor.

    Args:
      values: `[..., S]`.

    Returns:
      low and high, `[...]` each. NaN for one seed. Both are the mean where all seeds are equal.

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
    """Returns the confidence level at which the normal quantile is `sqrt(n / (n - 1)) t`."""
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, num_seeds - 1)
    return float(1 - 2 * stats.norm.sf(math.sqrt(num_seeds / (num_seeds - 1)) * quantile))


def verdict(low: float, high: float, num_seeds: int) -> Verdict:
    """Returns the verdict of an interval of the drop of the loss.

    There is no clear effect if the interval includes 0 or there are fewer than `MIN_SEEDS` seeds.
    """
    if num_seeds >= MIN_SEEDS and low > 0:
        return "helps"
    if num_seeds >= MIN_SEEDS and high < 0:
        return "hurts"
    return "no clear effect"


def seeds_needed(values: np.ndarray) -> float:
    """Returns how many seeds in total would show, with 80% power, that the mean differs from 0.

    The estimate is for a paired two-sided t test at 5% with power 0.8. It assumes that the mean and
    the standard deviation of `values` are the true ones:
    n = ((z_0.975 + z_0.8) sd / mean)^2 + z_0.975^2 / 2, where the last term accounts for the wider
    tails of the t distribution. The result is at least `MIN_SEEDS`.

    Args:
      values: `[S]`.

    Returns:
      A whole number, infinity if the mean is 0, or NaN for one seed.

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
