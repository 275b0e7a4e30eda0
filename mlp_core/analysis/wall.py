"""The wall: the least loss of any rule that depends only on the direction of x, not on its length.

A network whose layers compute `W x` without a bias, followed by LayerNorm, is such a rule. If x is
twice as long, all products `W x`, their mean, and their standard deviation are twice as large. The
length of x cancels, except for the tiny epsilon.
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
    """The least mean squared error of a rule that depends only on the direction of x."""

    loss: float
    exact: bool
    """Whether `loss` comes from a formula.

    Otherwise it is the validation loss of a flexible fit, and the wall is at this loss or lower.
    """


def wall(settings: Settings) -> Wall:
    """Returns the wall of the settings' task, in the units of the run's losses."""
    loss = wall_by_formula(settings.task)
    if loss is None:
        return Wall(reference_fit(settings), exact=False)
    unit = target_scale(settings).unit
    return Wall((loss + settings.noise**2) / unit**2, exact=True)


def wall_by_formula(task: str, num_features: int | None = None) -> float | None:
    """Returns the wall of a task without noise, in the target's own units; None for a table.

    Let r = |x| and u = x / r. The best rule predicts the mean of the target given u. For standard
    normal features, r and u are independent, and E[r] is the mean of the chi distribution:

    - sum: the target is r sum(u), so the wall is D - E[r]^2.
    - length: the target is r, so the wall is D - E[r]^2: no rule beats predicting the mean.
    - product (D = 5): the target is r^2 q(u) + r u_5, so the wall is
      4 / (D + 2) + (D - E[r]^2) / D.
    - sine (D = 1): u is a sign, so the wall is Var sin(w x) - (2 / sqrt(pi) F(w / sqrt 2))^2, where
      F is Dawson's function.
    - friedman (uniform features): the wall is the mean variance along a ray, see `wall_in_a_cube`.

    Args:
      num_features: D, for the sum and the length; None for the task's own number.
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

    Lengths are measured from the center of the cube, where standardized features are 0. Given u,
    the fraction r / R of the distance to the cube's surface has the density D (r / R)^(D - 1). The
    variance along a ray is integrated by Gauss-Legendre quadrature and averaged over a fixed random
    sample of u (standard error 1%).
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
    """Returns E|x| for D standard normal features: sqrt 2 Gamma((D + 1) / 2) / Gamma(D / 2)."""
    log_ratio = gammaln((num_features + 1) / 2) - gammaln(num_features / 2)
    return float(np.sqrt(2) * np.exp(log_ratio))


def reference_fit(settings: Settings) -> float:
    """Returns the validation loss of a flexible fit of y on u = x / |x| that is hard to beat.

    The fit is a ridge regression on u and on random ReLU units of u. Its penalty is the best of
    several on one fifth of the training rows, which are held out for this choice.
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
    """Returns features of the directions of x, `[N, 1 + D + units]`; the random units are fixed."""
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
