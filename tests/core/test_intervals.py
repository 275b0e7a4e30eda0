"""Intervals, verdicts, and required seeds, compared with the rate at which they must be right."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlp_core.analysis.intervals import MIN_SEEDS, interval, seeds_needed, verdict


def with_moments(mean, deviation, num_seeds=20):
    """Values with exactly this mean and standard deviation."""
    values = np.arange(num_seeds, dtype=float)
    return mean + deviation * (values - values.mean()) / values.std(ddof=1)


@pytest.mark.parametrize("num_seeds", [8, 16, 32])
def test_an_interval_misses_the_true_mean_in_5_percent_of_experiments(num_seeds):
    values = np.random.default_rng(num_seeds).normal(3.0, 2.0, (2000, num_seeds))

    low, high = interval(values)

    missed = np.mean((low > 3.0) | (high < 3.0))
    assert 0.035 < missed < 0.075  # the plain percentile interval of 8 values has 0.115


def test_with_many_seeds_the_interval_is_the_t_interval():
    values = np.random.default_rng(0).normal(size=1000)
    half_width = stats.t.ppf(0.975, 999) * stats.sem(values)

    low, high = interval(values)

    np.testing.assert_allclose(
        [low, high], values.mean() + half_width * np.array([-1, 1]), atol=5e-3
    )


def test_rows_share_their_resamples():
    values = np.random.default_rng(0).normal(size=(2, 30))

    together = interval(np.stack([values[0], 7 - 2 * values[0], values[1]]))

    np.testing.assert_allclose([end[0] for end in together], interval(values[0]))
    np.testing.assert_allclose([end[2] for end in together], interval(values[1]))
    np.testing.assert_allclose(together[0][1], 7 - 2 * together[1][0])


def test_one_seed_has_no_interval():
    low, high = interval(np.array([[1.0], [2.0]]))

    np.testing.assert_array_equal([low, high], np.full((2, 2), np.nan))


@given(st.floats(-1e6, 1e6), st.integers(2, 9))
def test_where_all_seeds_agree_the_interval_is_the_point(value, num_seeds):
    low, high = interval(np.full(num_seeds, value))

    np.testing.assert_allclose([low, high], [value, value], rtol=1e-14)


@pytest.mark.parametrize(
    ("low", "high", "num_seeds", "expected"),
    [
        (0.1, 0.2, 6, "helps"),
        (-0.2, -0.1, 6, "hurts"),
        (-0.1, 0.2, 1000, "no clear effect"),
        (0.0, 0.2, 1000, "no clear effect"),
        (-0.2, 0.0, 1000, "no clear effect"),
        (0.1, 0.2, 5, "no clear effect"),
        (-0.2, -0.1, 5, "no clear effect"),
        (math.nan, math.nan, 1, "no clear effect"),
    ],
)
def test_a_verdict_needs_an_interval_without_0_and_six_seeds(low, high, num_seeds, expected):
    assert verdict(low, high, num_seeds) == expected


def test_fewer_seeds_than_the_least_would_agree_by_chance_too_often():
    assert 2 * 0.5**MIN_SEEDS < 0.05 < 2 * 0.5 ** (MIN_SEEDS - 1)


def t_test_power(effect, num_seeds):
    """The power of a paired t test at 5% for an effect in standard deviations."""
    limit = stats.t.ppf(0.975, num_seeds - 1)
    shift = effect * math.sqrt(num_seeds)
    return stats.nct.sf(limit, num_seeds - 1, shift) + stats.nct.cdf(-limit, num_seeds - 1, shift)


@pytest.mark.parametrize("effect", [0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0, -0.3])
def test_the_seeds_needed_are_the_fewest_with_power_80_percent(effect):
    needed = int(seeds_needed(with_moments(effect * 7.0, 7.0)))

    assert t_test_power(effect, needed) >= 0.8
    assert t_test_power(effect, needed - 1) < 0.8


def test_with_the_seeds_needed_4_experiments_of_5_end_in_the_verdict():
    needed = int(seeds_needed(with_moments(0.5, 1.0)))
    values = np.random.default_rng(0).normal(0.5, 1.0, (1000, needed))

    verdicts = [verdict(*ends, needed) for ends in zip(*interval(values), strict=True)]

    assert 0.75 < verdicts.count("helps") / 1000 < 0.85


def test_a_mean_of_0_takes_infinitely_many_seeds():
    assert seeds_needed(np.array([-1.0, 1.0, 0.5, -0.5])) == math.inf
    assert seeds_needed(np.zeros(5)) == math.inf


def test_seeds_that_agree_need_only_as_many_as_a_verdict_does():
    assert seeds_needed(np.full(3, 0.3)) == MIN_SEEDS


def test_from_one_seed_nobody_can_say_how_many_it_takes():
    assert math.isnan(seeds_needed(np.array([0.3])))


def test_an_interval_is_computed_while_another_thread_imports_jax():
    script = """
import sys, threading, time
import numpy as np
from mlp_core.analysis.intervals import interval
threading.Thread(target=__import__, args=("jax",)).start()
while "jax" not in sys.modules: time.sleep(0.001)
print(interval(np.arange(30.0))[0] < 14.5)
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True)

    assert done.stdout == "True\n", done.stderr
