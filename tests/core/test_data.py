"""The examples, and the baselines without a network."""

import numpy as np
import pytest

from mlp_core import Settings, baselines, dataset


def test_the_target_is_the_sum_of_the_features():
    data = dataset(Settings())

    assert data.x_train.shape == (8000, 5)
    assert data.y_val.shape == (2000, 1)
    np.testing.assert_allclose(data.y_train[:, 0], data.x_train @ np.ones(5), atol=1e-5)


def test_another_seed_gives_other_examples():
    assert not np.allclose(dataset(Settings(seed=1)).x_val, dataset(Settings(seed=2)).x_val)


def test_predicting_the_mean_reaches_the_variance_and_least_squares_nothing():
    reached = baselines(Settings())

    assert reached.predict_mean == pytest.approx(np.var(dataset(Settings()).y_val), rel=1e-2)
    assert reached.predict_mean == pytest.approx(5, rel=0.1)
    assert reached.least_squares < 1e-10
