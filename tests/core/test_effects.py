"""The effects of fixes, compared with closed forms and with an enumeration of all orders."""

import math
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp_core import Fixes
from mlp_core.analysis.effects import (
    interactions,
    shapley,
    shapley_values,
    varied_switches,
    waterfall,
)
from tests.core.grids import NUMERIC, fixes_of, grid_of, random_grid, reordered, subsets

WEIGHTS = {"split_keys": 0.5, "norm_init": -0.25, "whole_batches": 1.0, "adamw": 0.0}
FOUR = tuple(WEIGHTS)
UNITS = pytest.mark.parametrize("unit", ["log10", "plain"])


def drops(grid, unit):
    """The drop in loss of each set of switches from the all-off combination."""
    losses = {}
    for fixes, run_losses in zip(grid.combinations, grid.val_loss, strict=True):
        scored = [
            mean if math.isnan(loss) else loss
            for loss, mean in zip(run_losses, grid.predict_mean, strict=True)
        ]
        level = np.array([math.log10(loss) if unit == "log10" else loss for loss in scored])
        losses[frozenset(s for s, on in vars(fixes).items() if on)] = level
    return {on: losses[frozenset()] - level for on, level in losses.items()}


def additive_grid(unit, num_seeds=5):
    """Every switch lowers the loss by its weight, whichever other switches are on."""
    start = np.linspace(2.0, 3.0, num_seeds)
    levels = {on: start - sum(WEIGHTS[s] for s in on) for on in subsets(FOUR)}
    return grid_of({on: 10**level if unit == "log10" else level for on, level in levels.items()})


@UNITS
def test_in_an_additive_game_a_switch_is_worth_its_weight_in_every_seed(unit):
    values = shapley_values(additive_grid(unit), unit)

    np.testing.assert_allclose(values, np.outer(list(WEIGHTS.values()), np.ones(5)), atol=1e-12)


@UNITS
def test_in_an_additive_game_nothing_interacts(unit):
    matrix = interactions(additive_grid(unit), unit)

    off_diagonal = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(matrix[off_diagonal], 0, atol=1e-12)
    assert np.isnan(matrix[~off_diagonal]).all()


def test_two_players_share_what_only_both_together_bring():
    # Drops: 1 alone, 2 alone, 7 together, so the interaction is 4.
    losses = {(): 9.0, ("norm_init",): 8.0, ("adamw",): 7.0, ("norm_init", "adamw"): 2.0}
    grid = grid_of({frozenset(on): [loss, loss + 1] for on, loss in losses.items()})

    np.testing.assert_allclose(shapley_values(grid, "plain"), [[3, 3], [4, 4]])
    np.testing.assert_allclose(interactions(grid, "plain"), [[np.nan, 4], [4, np.nan]])


@UNITS
@given(random_seed=st.integers(0, 2**32 - 1))
def test_a_value_is_the_mean_gain_over_all_orders(unit, random_seed):
    grid = random_grid(FOUR, num_seeds=3, random_seed=random_seed)
    value = drops(grid, unit)

    gains = {switch: [] for switch in FOUR}
    for order in permutations(FOUR):
        for place, switch in enumerate(order):
            gains[switch].append(
                value[frozenset(order[: place + 1])] - value[frozenset(order[:place])]
            )

    by_hand = [np.mean(gains[switch], axis=0) for switch in FOUR]
    np.testing.assert_allclose(shapley_values(grid, unit), by_hand, atol=1e-12)


@UNITS
@given(random_seed=st.integers(0, 2**32 - 1))
def test_an_interaction_is_the_mean_surplus_of_a_pair_over_all_orders(unit, random_seed):
    grid = random_grid(FOUR, num_seeds=3, random_seed=random_seed)
    value = drops(grid, unit)
    by_hand = np.full((4, 4), np.nan)

    for i, j in combinations(range(4), 2):
        pair, surplus = (FOUR[i], FOUR[j]), []
        # The pair counts as one player.
        for order in permutations([pair, *(s for s in FOUR if s not in pair)]):
            before = frozenset(order[: order.index(pair)])
            both = value[before.union(pair)] - value[before]
            surplus.append(both - sum(value[before | {s}] - value[before] for s in pair))
        by_hand[i, j] = by_hand[j, i] = np.mean(surplus)

    np.testing.assert_allclose(interactions(grid, unit), by_hand, atol=1e-12)


@UNITS
def test_the_values_of_all_switches_add_up_to_the_whole_drop(unit):
    grid = random_grid(NUMERIC, num_seeds=4)

    total = shapley_values(grid, unit).sum(axis=0)

    np.testing.assert_allclose(total, drops(grid, unit)[frozenset(NUMERIC)])


def test_each_effect_is_the_mean_over_seeds_with_its_own_interval():
    generator = np.random.default_rng(1)
    noise = {switch: generator.normal(weight, 0.1, 40) for switch, weight in WEIGHTS.items()}
    grid = grid_of({on: 9.0 - sum((noise[s] for s in on), np.zeros(40)) for on in subsets(FOUR)})

    effects = shapley(grid, "plain")

    assert [effect.switch for effect in effects] == list(FOUR)
    for effect in effects:
        values = noise[effect.switch]
        assert effect.mean == pytest.approx(values.mean())
        error = values.std(ddof=1) / math.sqrt(40)
        assert effect.mean - effect.low == pytest.approx(2.02 * error, rel=0.15)
        assert effect.high - effect.mean == pytest.approx(2.02 * error, rel=0.15)


@UNITS
@settings(max_examples=15)
@given(data=st.data())
def test_the_order_of_seeds_and_combinations_changes_no_digit(unit, data):
    grid = random_grid(FOUR, num_seeds=9)
    rows, columns = data.draw(st.permutations(range(16))), data.draw(st.permutations(range(9)))

    other = reordered(grid, rows, columns)

    assert shapley(other, unit) == shapley(grid, unit)
    np.testing.assert_array_equal(interactions(other, unit), interactions(grid, unit))
    path = waterfall(other, Fixes(), FOUR, unit)
    np.testing.assert_array_equal(path.loss, waterfall(grid, Fixes(), FOUR, unit).loss)


@given(st.permutations(range(9)))
def test_a_seeds_values_stay_with_the_seed(columns):
    grid = random_grid(FOUR, num_seeds=9)

    values = shapley_values(reordered(grid, range(16), columns))

    # Not exactly equal: the rounding of a matrix product depends on the position of a column.
    np.testing.assert_allclose(values, shapley_values(grid)[:, list(columns)], atol=1e-12)


def test_given_switches_set_the_order_of_the_rows():
    grid = random_grid(FOUR, num_seeds=8)
    turned = [3, 1, 0, 2]
    switches = tuple(FOUR[k] for k in turned)

    effects, matrix = shapley(grid, "plain", switches), interactions(grid, "plain", switches)

    by_name = {effect.switch: effect for effect in shapley(grid, "plain")}
    for effect, switch in zip(effects, switches, strict=True):
        np.testing.assert_allclose(effect[1:], by_name[switch][1:])
    np.testing.assert_allclose(matrix, interactions(grid, "plain")[np.ix_(turned, turned)])


def test_a_switch_that_is_on_everywhere_is_no_player():
    base = Fixes(jit_step=True, split_keys=True)
    grid = grid_of({frozenset(): [3.0], frozenset({"adamw"}): [2.0]}, base=base)

    assert varied_switches(grid) == ("adamw",)
    assert shapley_values(grid, "plain").tolist() == [[1.0]]


@pytest.mark.parametrize("function", [shapley, shapley_values, interactions])
def test_a_missing_combination_is_named(function):
    grid = random_grid(FOUR, num_seeds=2)
    missing = grid.combinations.index(fixes_of({"norm_init", "adamw"}))
    rows = [r for r in range(16) if r != missing]

    with pytest.raises(ValueError, match=r"all 16 combinations.*got norm_init \+ adamw 0 times"):
        function(reordered(grid, rows, range(2)))


def test_a_combination_that_comes_twice_is_named():
    grid = random_grid(FOUR, num_seeds=2)

    with pytest.raises(ValueError, match="got the first version 2 times"):
        shapley(reordered(grid, [*range(16), 0], range(2)))


@pytest.mark.parametrize(
    "switches", [("split_keys",), ("split_keys", "adamw", "momentum"), ("split_keys", "norm_init")]
)
def test_players_that_are_not_the_varied_switches_are_refused(switches):
    grid = random_grid(("split_keys", "adamw"), num_seeds=2)

    with pytest.raises(ValueError, match=r"combinations differ \(split_keys, adamw\)"):
        shapley(grid, "log10", switches)


def test_a_given_switch_that_the_grid_never_turns_on_is_missing():
    grid = random_grid(("split_keys", "adamw"), num_seeds=2)

    with pytest.raises(ValueError, match=r"all 8 combinations.*got norm_init 0 times"):
        shapley(grid, "log10", ("split_keys", "norm_init", "adamw"))


def test_one_combination_is_no_game():
    with pytest.raises(ValueError, match="those in which the combinations differ"):
        shapley(grid_of({frozenset(): [3.0]}))


def test_one_seed_has_effects_without_intervals():
    effects = shapley(additive_grid("plain", num_seeds=1), "plain")

    assert [effect.mean for effect in effects] == pytest.approx(list(WEIGHTS.values()))
    assert all(math.isnan(effect.low) and math.isnan(effect.high) for effect in effects)


def test_where_all_seeds_agree_an_effects_interval_is_the_point():
    for effect in shapley(additive_grid("plain"), "plain"):
        assert [effect.low, effect.high] == pytest.approx([effect.mean] * 2, abs=1e-12)


@UNITS
@pytest.mark.parametrize("order", [FOUR, FOUR[::-1]])
def test_a_waterfalls_credits_are_the_steps_of_its_order(unit, order):
    grid = random_grid(FOUR, num_seeds=6)
    value = drops(grid, unit)

    path = waterfall(grid, Fixes(), order, unit)

    reached = [value[frozenset(order[:place])].mean() for place in range(5)]
    np.testing.assert_allclose(path.credits, np.diff(reached), atol=1e-12)
    assert path.credits.sum() == pytest.approx(value[frozenset(FOUR)].mean())
    assert path.path == tuple(fixes_of(order[:place]) for place in range(5))


def test_a_waterfalls_losses_are_means_or_geometric_means_over_seeds():
    grid = grid_of({frozenset(): [8.0, 2.0], frozenset({"adamw"}): [np.nan, 0.2]})

    plain = waterfall(grid, Fixes(), ("adamw",), "plain")
    log10 = waterfall(grid, Fixes(), ("adamw",), "log10")

    np.testing.assert_allclose(plain.loss, [5.0, 2.6])
    np.testing.assert_allclose(log10.loss, [4.0, 1.0])
    np.testing.assert_allclose(log10.credits, [math.log10(4)])


def test_a_waterfall_starts_at_its_base_and_needs_only_the_combinations_on_its_way():
    base = fixes_of({"split_keys", "jit_step"})
    grid = grid_of({frozenset(): [4.0], frozenset({"adamw"}): [1.0]}, base=base)

    assert waterfall(grid, base, ("adamw",), "plain").credits.tolist() == [3.0]
    with pytest.raises(ValueError, match=r"split_keys \+ norm_init \+ jit_step exactly once"):
        waterfall(grid, base, ("norm_init",), "plain")
    with pytest.raises(ValueError, match="added switches must be in"):
        waterfall(grid, base, ("adamw", "split_keys"), "plain")


def test_a_waterfall_without_switches_stays_at_its_base():
    path = waterfall(grid_of({frozenset(): [4.0, 9.0]}), Fixes(), ())

    assert path.credits.size == 0
    np.testing.assert_allclose(path.loss, [6.0])
