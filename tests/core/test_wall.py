"""The least loss of a predictor that sees only the direction of x."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi, norm

from mlp_core import STAGES, Settings, dataset, predict, train
from mlp_core.analysis.wall import mean_length, reference_fit, wall, wall_by_formula
from mlp_core.data.dataset import target_scale
from mlp_core.tasks import FORMULAS, SINE_FREQUENCY

ROWS = 400_000


@pytest.mark.parametrize("num_features", [1, 2, 5, 40, 500])
def test_the_mean_length_is_that_of_the_chi_distribution(num_features):
    assert mean_length(num_features) == pytest.approx(chi.mean(num_features), rel=1e-9)


@pytest.mark.parametrize("num_features", [1, 3, 5, 12])
def test_the_wall_of_the_sum_is_what_its_best_rule_loses(num_features):
    x = np.random.default_rng(0).normal(size=(ROWS, num_features))
    y, length = x.sum(axis=1), np.linalg.norm(x, axis=1)

    best_rule = chi.mean(num_features) * y / length

    expected = np.mean((y - best_rule) ** 2)
    assert wall_by_formula("sum", num_features) == pytest.approx(expected, rel=0.01)
    assert wall_by_formula("length", num_features) == pytest.approx(np.var(length), rel=0.01)


def test_the_posts_wall_is_0_4729():
    assert wall(Settings()).loss == pytest.approx(0.4729, abs=5e-5)


def test_the_wall_of_the_product_is_what_its_best_rule_loses():
    x = np.random.default_rng(0).normal(size=(ROWS, 5))
    y, length = FORMULAS["product"].target(x), np.linalg.norm(x, axis=1, keepdims=True)
    u = x / length

    best_rule = 5 * (u[:, 0] * u[:, 1] + u[:, 2] * u[:, 3]) + chi.mean(5) * u[:, 4]

    expected = np.mean((y - best_rule) ** 2)
    assert wall_by_formula("product") == pytest.approx(expected, rel=0.02)


def test_the_wall_of_the_sine_is_its_variance_at_given_sign():
    def moment(power: int) -> float:
        return 2 * quad(lambda x: np.sin(SINE_FREQUENCY * x) ** power * norm.pdf(x), 0, 12)[0]

    assert wall_by_formula("sine") == pytest.approx(moment(2) - moment(1) ** 2, rel=1e-9)


def test_noise_lifts_the_wall_by_its_variance():
    noisy, clean = wall(Settings(noise=0.5)).loss, wall(Settings()).loss

    assert noisy == pytest.approx(clean + 0.25)


@pytest.mark.parametrize("task", ["sum", "length", "sine", "product"])
def test_the_reference_fit_comes_close_to_the_best_rule(task):
    settings = Settings(task=task, examples=50_000)
    best = wall_by_formula(task)

    reached = reference_fit(settings)

    # The loss on 10,000 validation rows is within a few percent of its expectation.
    assert best * 0.95 < reached < best * 1.08


def test_the_wall_of_friedman_is_the_variance_between_points_of_one_ray():
    generator = np.random.default_rng(1)
    x = generator.uniform(-0.5, 0.5, (ROWS, 10))
    side = np.abs(x).max(axis=1, keepdims=True)
    # For two points on one ray, half the mean squared difference is the variance along the ray.
    two = [
        FORMULAS["friedman"].target(0.5 + 0.5 * share * x / side)
        for share in generator.uniform(size=(2, ROWS, 1)) ** 0.1
    ]

    assert wall_by_formula("friedman") == pytest.approx(
        np.mean(np.diff(two, axis=0) ** 2) / 2, rel=0.03
    )


def test_the_wall_of_friedman_is_on_the_scale_of_its_losses():
    settings = Settings(task="friedman", noise=1.0)

    expected = (wall_by_formula("friedman") + 1) / target_scale(settings).unit ** 2

    assert wall(settings).exact
    assert wall(settings).loss == pytest.approx(expected)


def test_the_wall_of_a_table_is_a_fit():
    assert wall(Settings(task="diabetes")).exact is False
    assert 0 < wall(Settings(task="diabetes")).loss < 1


@pytest.mark.parametrize("task", ["sum", "product", "sine", "length"])
def test_the_final_version_stays_above_the_wall_and_a_bias_breaks_it(task):
    settings = Settings(task=task)

    final, beyond = (train(settings, STAGES[stage]) for stage in ("final", "beyond"))

    # The loss of the best predictor that sees the direction, on the same rows.
    on_these_rows = reference_fit(settings)
    assert final.final_val_loss > 0.97 * on_these_rows
    assert beyond.final_val_loss < wall(settings).loss / 4


def test_a_longer_input_changes_no_prediction_of_the_final_version():
    settings = Settings()
    x = dataset(settings).x_val[:50]
    final, beyond = (train(settings, STAGES[stage]) for stage in ("final", "beyond"))

    moved = {
        stage: np.abs(
            predict(run.params, 3 * x, STAGES[stage]) - predict(run.params, x, STAGES[stage])
        ).max()
        for stage, run in (("final", final), ("beyond", beyond))
    }

    assert moved["final"] < 1e-3
    assert moved["beyond"] > 1
