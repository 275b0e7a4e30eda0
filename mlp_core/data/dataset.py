"""The examples of a run, and the validation losses of simple baselines on them."""

from functools import lru_cache
from typing import NamedTuple

import jax
import numpy as np

from mlp_core.data.table import Table, check_open, table_of, when_closed
from mlp_core.numerics import posts_numerics
from mlp_core.settings import Settings
from mlp_core.tasks import FORMULAS, Formula


class SeedKeys(NamedTuple):
    """The three keys that a seed is split into; each is consumed by the draw it is named after."""

    data: jax.Array
    params: jax.Array
    batches: jax.Array


class Dataset(NamedTuple):
    """Training and validation examples as NumPy arrays: x `[N, D]`, y `[N, 1]`."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray


class Scale(NamedTuple):
    """Converts a target of a `Dataset` to the target's own units: `target * unit + mean`."""

    mean: float
    unit: float


AS_IT_IS = Scale(0.0, 1.0)


class Baselines(NamedTuple):
    """Validation losses of rules without a network; the first two are fitted to the training rows.

    `least_possible` is the expected loss that noise leaves for the best possible rule; None if it
    is unknown.
    """

    predict_mean: float
    least_squares: float
    least_possible: float | None = None


@posts_numerics
def seed_keys(seed: int) -> SeedKeys:
    """Returns the keys for the data, the initial parameters, and the minibatches of one seed."""
    # JAX adds an offset to every seed. It is 0 unless a flag changes it, and it is undone here.
    added = jax.config.values["jax_random_seed_offset"]
    key, data = jax.random.split(jax.random.PRNGKey(seed - added))
    key, params = jax.random.split(key)
    return SeedKeys(data, params, key)


def dataset(settings: Settings) -> Dataset:
    """Returns the seed's examples; the arrays are shared between calls and must not be modified.

    The rows of a formula are drawn at random. The rows of a table are shuffled by the seed, unless
    its last rows are the validation rows. The first rows are the training rows. The features and
    the target of a table, or of a formula with uniform features, are standardized to mean 0 and
    standard deviation 1 over the training rows.

    Raises:
      ValueError: if the task is a table that was closed.
    """
    return _scaled(settings)[0]


def target_scale(settings: Settings) -> Scale:
    """Returns the scale that converts targets and predictions back to the target's own units."""
    return _scaled(settings)[1]


def baselines(settings: Settings) -> Baselines:
    """Returns the validation losses of the training mean and of a linear least-squares fit."""
    data = dataset(settings)
    _, linear = least_squares_predictions(data)
    mean_error = data.y_val - data.y_train.mean()
    linear_error = data.y_val - linear
    return Baselines(
        float(np.mean(mean_error**2)), float(np.mean(linear_error**2)), least_possible(settings)
    )


def least_squares_predictions(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Returns the predictions of a linear fit for the training and the validation rows.

    The fit uses only the training rows. Both arrays are `[N, 1]`.
    """
    train, val = (np.column_stack([x, np.ones(len(x))]) for x in (data.x_train, data.x_val))
    coefficients, *_ = np.linalg.lstsq(train, data.y_train, rcond=None)
    return train @ coefficients, val @ coefficients


def least_possible(settings: Settings) -> float | None:
    """Returns the mean squared error that noise leaves for the best rule; None for a table."""
    if table_of(settings.task) is not None:
        return None
    return (settings.noise / target_scale(settings).unit) ** 2


def _scaled(settings: Settings) -> tuple[Dataset, Scale]:
    return _scaled_dataset(*settings.drawn)


@lru_cache(maxsize=4)  # The largest table takes 26 MB.
@posts_numerics
def _scaled_dataset(
    task: str, seed: int, num_rows: int, num_train: int, noise: float, validate: str
) -> tuple[Dataset, Scale]:
    check_open(task)
    table, key = table_of(task), seed_keys(seed).data
    if table is not None:
        rows = _shuffled(key, table) if validate == "random" else (table.x, table.y[:, None])
        found = _standardized(*rows, num_train)
        check_open(task)
        return found
    formula = FORMULAS[task]
    x, y = _drawn(key, formula, num_rows, noise)
    return _standardized(x, y, num_train) if formula.uniform else _split(x, y, num_train)


when_closed(lambda task: _scaled_dataset.cache_clear())


def _drawn(
    key: jax.Array, formula: Formula, num_rows: int, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns newly drawn examples of a formula, x `[N, D]` and y `[N, 1]`."""
    draw = jax.random.uniform if formula.uniform else jax.random.normal
    x = np.asarray(draw(key, (num_rows, formula.num_features)))
    y = formula.target(x)
    if noise:
        # A separate key for the noise leaves the features and all later draws unchanged.
        noise_key = jax.random.fold_in(key, 1)
        y = y + noise * np.asarray(jax.random.normal(noise_key, y.shape))
    return x, y[:, None].astype(np.float32)


def _shuffled(key: jax.Array, table: Table) -> tuple[np.ndarray, np.ndarray]:
    order = np.asarray(jax.random.permutation(key, len(table.x)))
    return table.x[order], table.y[order, None]


def _split(x: np.ndarray, y: np.ndarray, num_train: int) -> tuple[Dataset, Scale]:
    return Dataset(x[:num_train], y[:num_train], x[num_train:], y[num_train:]), AS_IT_IS


def _standardized(x: np.ndarray, y: np.ndarray, num_train: int) -> tuple[Dataset, Scale]:
    x_mean, x_unit = _mean_and_unit(x[:num_train])
    y_mean, y_unit = _mean_and_unit(y[:num_train])
    x, y = ((x - x_mean) / x_unit).astype(np.float32), ((y - y_mean) / y_unit).astype(np.float32)
    return _split(x, y, num_train)[0], Scale(float(y_mean[0]), float(y_unit[0]))


def _mean_and_unit(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns each column's mean and standard deviation; the latter is 1 for a constant column."""
    columns = columns.astype(np.float64)
    deviation = columns.std(axis=0)
    tiny = 1e-12 * np.abs(columns).max(axis=0)
    return columns.mean(axis=0), np.where(deviation > tiny, deviation, 1.0)
