"""The examples a run trains on, and what simple rules reach on them."""

from functools import lru_cache
from typing import NamedTuple

import jax
import numpy as np

from mlp_core.settings import Settings


class SeedKeys(NamedTuple):
    """The three keys a seed is split into. Each is consumed by what it is named after."""

    data: jax.Array
    params: jax.Array
    batches: jax.Array


class Dataset(NamedTuple):
    """Training and validation examples as NumPy arrays: x `[N, D]`, y `[N, 1]`."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray


class Baselines(NamedTuple):
    """Validation losses of two rules that need no network, both fitted to the training rows."""

    predict_mean: float
    least_squares: float


def seed_keys(seed: int) -> SeedKeys:
    """Returns the keys for the data, the initial parameters and the batches of one seed."""
    key, data = jax.random.split(jax.random.PRNGKey(seed))
    key, params = jax.random.split(key)
    return SeedKeys(data, params, key)


@lru_cache(maxsize=16)
def _dataset(task: str, seed: int, examples: int, num_train: int, num_features: int) -> Dataset:
    x = np.asarray(jax.random.normal(seed_keys(seed).data, (examples, num_features)))
    y = x.sum(axis=1, keepdims=True)
    return Dataset(x[:num_train], y[:num_train], x[num_train:], y[num_train:])


def dataset(settings: Settings) -> Dataset:
    """Returns the seed's examples: standard normal features, the target their sum.

    The arrays are shared between calls and must not be changed. The first rows train.
    """
    return _dataset(
        settings.task,
        settings.seed,
        settings.examples,
        settings.num_train,
        settings.num_features,
    )


def baselines(settings: Settings) -> Baselines:
    """Returns the val loss of predicting the training mean and of a linear least-squares fit."""
    data = dataset(settings)
    with_intercept = [np.column_stack([x, np.ones(len(x))]) for x in (data.x_train, data.x_val)]
    coefficients, *_ = np.linalg.lstsq(with_intercept[0], data.y_train, rcond=None)
    mean_error = data.y_val - data.y_train.mean()
    linear_error = data.y_val - with_intercept[1] @ coefficients
    return Baselines(float(np.mean(mean_error**2)), float(np.mean(linear_error**2)))
