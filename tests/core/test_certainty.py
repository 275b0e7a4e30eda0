"""Intervals, verdicts and seeds needed, against what they promise: how often they are right."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlp_core.certainty import (
    MIN_SEEDS,
    holm,
    interval,
    judged,
    leaders,
    p_values,
    seeds_needed,
    verdicts,
)


def with_moments(mean, deviation, num_seeds=20):
    """Values with just this mean and standard deviation."""
    values = np.arange(num_seeds, dtype=float)
    return mean + deviation * (values - values.mean()) / values.std(ddof=1)


@pytest.mark.parametrize("num_seeds", [8, 16, 32])
def test_an_interval_misses_the_true_mean_in_5_percent_of_experiments(num_seeds):
    values = np.random.default_rng(num_seeds).normal(3.0, 2.0, (2000, num_seeds))

    low, high = interval(values)

    missed = np.mean((low > 3.0) | (high < 3.0))
    assert 0.035 < missed < 0.065


def test_an_interval_is_the_paired_t_tests():
    before, after = np.random.default_rng(0).normal(size=(2, 7))

    low, high = interval(before - after)

    expected = stats.ttest_rel(before, after).confidence_interval(0.95)
    np.testing.assert_allclose([low, high], [expected.low, expected.high])


def test_one_seed_has_no_interval():
    low, high = interval(np.array([[1.0], [2.0]]))

    np.testing.assert_array_equal([low, high], np.full((2, 2), np.nan))


@given(st.floats(-1e6, 1e6), st.integers(2, 9))
def test_where_all_seeds_agree_the_interval_is_the_point(value, num_seeds):
    low, high = interval(np.full(num_seeds, value))

    np.testing.assert_allclose([low, high], [value, value], rtol=1e-14)


def test_a_p_value_is_the_paired_t_tests():
    before, after = np.random.default_rng(0).normal(size=(2, 4, 7))

    p = p_values(before - after)

    np.testing.assert_allclose(p, stats.ttest_rel(before, after, axis=1).pvalue)


def test_values_without_spread_have_certain_p_values():
    assert p_values(np.array([[0.0] * 8, [0.5] * 8, [-2.0] * 8])).tolist() == [1, 0, 0]


def test_holms_correction_of_a_known_example():
    corrected = holm(np.array([0.01, 0.04, 0.03, 0.005]))

    # These are also what the function p.adjust of R returns.
    np.testing.assert_allclose(corrected, [0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_a_corrected_p_value_rejects_what_stepping_down_does(p):
    rejected, level = set(), 0.05
    for rank, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if not p[place] * (len(p) - rank) < level:
            break
        rejected.add(place)

    assert set(np.flatnonzero(holm(np.array(p)) < level)) == rejected


def test_no_effects_seen_together_end_in_a_wrong_verdict_in_5_percent_of_experiments():
    values = np.random.default_rng(0).normal(size=(1000, 7, 16))

    wrong = [set(verdicts(of_seven)) != {"no clear effect"} for of_seven in values]

    assert 0.03 < np.mean(wrong) < 0.07  # without a correction: 0.30


@pytest.mark.parametrize(
    ("mean", "num_seeds", "expected"),
    [
        (1.0, 6, "helps"),
        (-1.0, 6, "hurts"),
        (0.01, 6, "no clear effect"),
        (1.0, 5, "no clear effect"),
        (-1.0, 3, "no clear effect"),
        (1.0, 2, "no clear effect"),
    ],
)
def test_a_verdict_needs_a_clear_mean_and_six_seeds(mean, num_seeds, expected):
    assert verdicts(with_moments(mean, 0.1, num_seeds)[None]) == (expected,)


@pytest.mark.parametrize("num_seeds", [1, 2, 64])
def test_what_changes_no_seed_changes_nothing(num_seeds):
    assert verdicts(np.zeros((1, num_seeds))) == ("changes nothing",)


def test_one_seed_gives_no_verdict():
    assert judged(np.array([[1.0], [0.0]]))[0].verdict == "no clear effect"


@given(st.floats(-1, 1), st.integers(6, 30))
def test_a_verdict_alone_is_whether_its_interval_excludes_0(mean, num_seeds):
    (effect,) = judged(with_moments(mean, 1.0, num_seeds)[None])

    excludes = effect.low > 0 or effect.high < 0
    assert (effect.verdict in ("helps", "hurts")) == excludes


def test_a_verdict_that_is_clear_alone_may_not_be_beside_others():
    clear = with_moments(0.55, 1.0, 16)  # p = 0.044
    unclear = [with_moments(0.0, 1.0, 16)] * 4

    assert verdicts(clear[None]) == ("helps",)
    assert verdicts(np.array([clear, *unclear]))[0] == "no clear effect"


def test_the_largest_mean_leads_alone_if_every_difference_to_it_is_clear():
    noise = with_moments(0.0, 1.0, 64)

    assert leaders(np.array([1 + noise, 3 + noise[::-1], 0 * noise])).tolist() == [
        False,
        True,
        False,
    ]


def test_all_that_cannot_be_separated_from_the_largest_mean_lead():
    noise = with_moments(0.0, 1.0, 64)

    assert leaders(np.array([3 + noise, 3.1 - noise, 0 * noise])).tolist() == [True, True, False]


def test_pairing_separates_means_whose_intervals_overlap():
    noise = with_moments(0.0, 1.0, 64)
    values = np.array([1 + noise, 1.01 + noise])

    low, high = interval(values)
    assert low[1] < high[0]
    assert leaders(values).tolist() == [False, True]


@pytest.mark.parametrize("num_seeds", [1, 2, 3, 5])
def test_few_seeds_separate_no_leader(num_seeds):
    values = np.array([[1.0] * num_seeds, [2.0] * num_seeds])

    assert leaders(values).all()


def test_equal_values_lead_together():
    assert leaders(np.ones((3, 10))).all()


def test_fewer_seeds_than_the_least_would_agree_by_chance_too_often():
    assert 2 * 0.5**MIN_SEEDS < 0.05 < 2 * 0.5 ** (MIN_SEEDS - 1)


def t_test_power(effect, num_seeds):
    """The chance that a paired t test at 5 % finds an effect in standard deviations."""
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

    found = [verdicts(experiment[None])[0] for experiment in values]

    assert 0.75 < found.count("helps") / 1000 < 0.85


def test_a_mean_of_0_takes_infinitely_many_seeds():
    assert seeds_needed(np.array([-1.0, 1.0, 0.5, -0.5])) == math.inf
    assert seeds_needed(np.zeros(5)) == math.inf


def test_seeds_that_agree_need_only_as_many_as_a_verdict_does():
    assert seeds_needed(np.full(3, 0.3)) == MIN_SEEDS


def test_from_one_seed_nobody_can_say_how_many_it_takes():
    assert math.isnan(seeds_needed(np.array([0.3])))
