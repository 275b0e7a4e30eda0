"""The wall: how well any rule can do that sees only the direction of x, not its length.

`W x` without a bias, then LayerNorm: where x is twice as long, so are all of a layer's products,
their mean and their standard deviation. The length cancels, up to the tiny epsilon.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import dawsn, gammaln

from mlp_core.data.dataset import dataset, target_scale
from mlp_core.settings import Settings
from mlp_core.tasks import FORMULAS, SINE_FREQUENCY

_DIRECTIONS = 20_000
_RANDOM_UNITS = 400
_PENALTIES = np.logspace(-4, 4, 17)
_MOST_ROWS = 8000


class Wall(NamedTuple):
    """The least mean squared error of a rule that sees only the direction of x."""

    loss: float
    exact: bool
    """By formula; else the val loss of a flexible fit: the wall is there or lower."""


def wall(settings: Settings) -> Wall:
    """Returns the wall of the settings' task, on the scale of its losses."""
    loss = wall_by_formula(settings.task)
    if loss is None:
        return Wall(reference_fit(settings), exact=False)
    unit = target_scale(settings).unit
    return Wall((loss + settings.noise**2) / unit**2, exact=True)


def wall_by_formula(task: str, num_features: int | None = None) -> float | None:
    """Returns the wall of a task without noise, in the target's own units; None for a table.

    With r = |x| and u = x / r, the best rule is the mean of the target at given u. For standard
    normal features r and u are independent, and E[r] is that of the chi distribution:

    - sum: r sum(u), so D - E[r]^2.
    - length: r, so D - E[r]^2: no rule beats the mean.
    - product (D = 5): r^2 q(u) + r u_5, so 4 / (D + 2) + (D - E[r]^2) / D.
    - sine (D = 1): u is a sign, so Var sin(w x) - (2 / sqrt(pi) F(w / sqrt 2))^2, F Dawson's.
    - friedman (uniform features): the variance along each ray, see `wall_in_a_cube`.

    Args:
      num_features: D, for the sum and the length; None for the task's own.
    """
    if task not in FORMULAS:
        return None
    if FORMULAS[task].uniform:
        return wall_in_a_cube(task)
    d = num_features or FORMULAS[task].num_features
    spread = d - mean_length(d) ** 2
    if task in ("sum", "length"):
        return spread
    if task == "product":
        return 4 / (d + 2) + spread / d
    if task == "sine":
        variance = (1 - np.exp(-2 * SINE_FREQUENCY**2)) / 2
        by_sign = 2 / np.sqrt(np.pi) * dawsn(SINE_FREQUENCY / np.sqrt(2))
        return float(variance - by_sign**2)
    return None


@lru_cache(maxsize=4)
def wall_in_a_cube(task: str) -> float:
    """Returns the mean variance of the target along the rays of a cube of uniform features.

    Lengths are measured from the cube's middle, where standardized features have their 0. At given
    u, the share r / R of the way to the cube's side has the density D (r / R)^(D - 1): integrated
    by Gauss and Legendre, averaged over many u, always the same (standard error 1 %).
    """
    d, target = FORMULAS[task].num_features, FORMULAS[task].target
    inside = np.random.default_rng(0).uniform(-0.5, 0.5, (_DIRECTIONS, d))
    at_side = 0.5 * inside / np.abs(inside).max(axis=1, keepdims=True)
    nodes, weights = np.polynomial.legendre.leggauss(16)
    share = (nodes + 1) / 2
    density = weights / 2 * d * share ** (d - 1)
    y = np.stack([target(0.5 + s * at_side) for s in share], axis=1)
    return float(np.mean((y**2) @ density - (y @ density) ** 2))


def mean_length(num_features: int) -> float:
    """Returns E|x| of D standard normal features: sqrt 2 Gamma((D + 1) / 2) / Gamma(D / 2)."""
    log_ratio = gammaln((num_features + 1) / 2) - gammaln(num_features / 2)
    return float(np.sqrt(2) * np.exp(log_ratio))


def reference_fit(settings: Settings) -> float:
    """Returns the val loss of a flexible fit of y on x / |x|, made to be hard to beat.

    Ridge regression on u and random ReLU units of it; the penalty is the best of many on a fifth of
    the training rows.
    """
    data = dataset(settings)
    x, y = data.x_train[:_MOST_ROWS], data.y_train[:_MOST_ROWS, 0].astype(np.float64)
    features = _random_units(x)
    kept = len(y) * 4 // 5
    tried = [
        np.mean((y[kept:] - features[kept:] @ weights) ** 2)
        for weights in _ridges(features[:kept], y[:kept], _PENALTIES)
    ]
    best = _PENALTIES[int(np.argmin(tried))]
    (weights,) = _ridges(features, y, np.array([best]))
    blocks = range(0, len(data.x_val), _MOST_ROWS)
    predicted = [_random_units(data.x_val[at : at + _MOST_ROWS]) @ weights for at in blocks]
    return float(np.mean((data.y_val[:, 0] - np.concatenate(predicted)) ** 2))


def _random_units(x: np.ndarray) -> np.ndarray:
    """Returns `[N, 1 + D + units]` features of the directions, always the same units."""
    x = x.astype(np.float64)
    length = np.linalg.norm(x, axis=1, keepdims=True)
    u = x / np.where(length > 0, length, 1.0)
    generator = np.random.default_rng(0)
    weight = generator.normal(size=(u.shape[1], _RANDOM_UNITS))
    weight /= np.linalg.norm(weight, axis=0)
    units = np.maximum(u @ weight - generator.uniform(-1, 1, _RANDOM_UNITS), 0)
    return np.column_stack([np.ones(len(u)), u, units])


def _ridges(features: np.ndarray, y: np.ndarray, penalties: np.ndarray) -> list[np.ndarray]:
    """Returns the weights of a ridge regression for each penalty."""
    values, vectors = np.linalg.eigh(features.T @ features)
    projected = vectors.T @ (features.T @ y)
    values = np.maximum(values, 0)
    return [vectors @ (projected / (values + penalty)) for penalty in penalties]
