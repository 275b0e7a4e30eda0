"""What the Lattice says, against sentences written by hand."""

import numpy as np
import pytest

from dashboard.lattice import sentences, tables
from mlp_core import Fixes, Settings
from mlp_core.certainty import Effect, judged
from mlp_core.grid import Grid
from mlp_core.paired import paired

SWITCHES = ("split_keys", "norm_init", "whole_batches", "adamw")


def worth(*values: np.ndarray) -> dict[str, Effect]:
    """What fixes with these drops, `[S]` each, are worth."""
    return dict(zip(SWITCHES, judged(np.array(values)), strict=False))


def drops(mean: float, spread: float, num_seeds: int = 64, period: int = 1) -> np.ndarray:
    """Drops that jump between two values; of different periods they are independent."""
    return mean + spread * np.where(np.arange(num_seeds) // period % 2, 1.0, -1.0)


def grid_of_adamw(before: np.ndarray, after: np.ndarray) -> Grid:
    """A grid with and without AdamW."""
    losses = np.array([before, after])
    seeds = tuple(range(len(before)))
    combinations = (Fixes(), Fixes(adamw=True))
    return Grid(Settings(), combinations, seeds, losses, losses, np.full(len(before), 5.0))


def test_the_fix_that_is_clearly_worth_the_most_is_named_alone() -> None:
    effects = worth(drops(0.5, 0.1), drops(3, 0.1), drops(0, 0.1), drops(-1, 0.1))

    said = sentences.answer(effects, "plain", 64)

    assert said.startswith(
        "**LayerNorm init** matters most, over all 24 orders and 64 seeds: val loss 3.00 lower (95%"
    )
    assert said.endswith(
        "Then Split keys (0.50 lower). Clear cost: AdamW (1.00 higher). No clear effect: Whole "
        "batches."
    )


def test_all_fixes_that_cannot_be_separated_from_the_first_are_named() -> None:
    three = (drops(3 + period / 100, 1, period=period) for period in (1, 2, 4))

    said = sentences.answer(worth(*three, drops(0, 1, period=8)), "plain", 64)

    assert said.startswith("**Whole batches, LayerNorm init and Split keys** matter most, ")
    assert said.endswith(", with no clear difference between them. No clear effect: AdamW.")


def test_no_fix_matters_most_where_the_first_may_have_no_effect() -> None:
    said = sentences.answer(worth(drops(3, 40), drops(2, 0.1, period=2)), "plain", 64)

    assert said == (
        "Clear benefit, over all 2 orders and 64 seeds: LayerNorm init (2.00 lower). No clear "
        "effect: Split keys."
    )


@pytest.mark.parametrize(("num_seeds", "words"), [(1, "1 seed"), (2, "2 seeds"), (3, "3 seeds")])
def test_few_seeds_give_no_verdict(num_seeds: int, words: str) -> None:
    effects = worth(drops(1, 0.1, num_seeds), drops(2, 0.1, num_seeds))

    said = sentences.answer(effects, "plain", num_seeds)

    assert said == f"No verdict over all 2 orders and {words}: a verdict takes at least 6 seeds."


def test_a_fix_that_changes_no_loss_is_said_to_change_nothing() -> None:
    said = sentences.answer(worth(drops(1, 0.1, 8), drops(0, 0, 8)), "plain", 8)

    assert said.endswith(" Changes nothing: LayerNorm init.")
    assert "No clear effect" not in said


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        # The mean says one thing, most seeds say another: the verdict is about the mean alone.
        ([1.01] * 36 + [0.1] * 28, "**Helps:** val loss 2.7 times lower (95% interval "),
        ([0.99] * 36 + [10.0] * 28, "**Costs:** val loss 2.7 times higher (95% interval "),
        ([1.1, 0.9] * 32, "**No clear effect:** val loss 1.01 times lower (95% interval "),
        ([1.0] * 64, "**Changes nothing:** the same val loss in all 64 seeds."),
        ([1.0], "**Changes nothing:** the same val loss in the only seed."),
        ([0.5], "**No clear effect:** val loss 2.0 times lower (one seed, so no interval) in"),
        ([0.5, 0.4, 0.6], "**No clear effect:** val loss 2.0 times lower (95% interval "),
    ],
)
def test_a_step_is_judged_by_its_mean_and_no_other_statistic(
    factors: list[float], words: str
) -> None:
    before = np.full(len(factors), 4.0)
    pair = paired(grid_of_adamw(before, before * factors), Fixes(), ("adamw",))

    said = sentences.judged(pair, "log10")

    assert said.startswith(words)
    assert "median" not in said


def test_the_colors_of_a_step_say_how_many_seeds_they_stand_for() -> None:
    before = np.array([4.0, 4.0, 4.0, 4.0])
    pair = paired(grid_of_adamw(before, np.array([2.0, 3.0, 4.0, 5.0])), Fixes(), ("adamw",))

    assert sentences.outcomes(pair) == (
        "Blue: lower val loss, 2 seeds. Orange: higher, 1 seed. Gray: the same, 1 seed."
    )


def test_pairs_without_a_clear_interaction_are_not_ranked() -> None:
    pairs = (("split_keys", "adamw"), ("norm_init", "adamw"))
    effects = dict(zip(pairs, worth(drops(0.1, 1), drops(-0.1, 1, period=2)).values(), strict=True))

    assert sentences.together(effects, "plain") == "No pair has a clear surplus or overlap."


@pytest.mark.parametrize(
    ("drop", "unit", "words"),
    [
        (np.log10(2.4), "log10", "2.4 times lower"),
        (-np.log10(1.5), "log10", "1.50 times higher"),
        (0.0, "log10", "no change"),
        (0.001, "log10", "1.002 times lower"),
        (-1e-12, "log10", "no change"),
        (0.0, "plain", "no change"),
        (np.log10(300), "log10", "300 times lower"),
        (0.5, "plain", "0.50 lower"),
        (-0.02, "plain", "0.020 higher"),
    ],
)
def test_a_drop_in_words(drop: float, unit: str, words: str) -> None:
    assert sentences.drop(drop, unit) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (np.log10(2), np.log10(3), "2.0 to 3.0"),
        (-np.log10(3), -np.log10(2), "2.0 to 3.0"),
        (-np.log10(1.5), np.log10(2), "1.50 times higher to 2.0 times lower"),
    ],
)
def test_an_interval_in_words(low: float, high: float, words: str) -> None:
    assert sentences.span(low, high, "log10") == words


def test_a_pair_that_does_next_to_nothing_has_no_sign() -> None:
    (effect,) = judged(np.full((1, 8), -0.001))

    pairs = tables.interactions({("norm_init", "adamw"): effect}, "plain")

    assert pairs["text"].tolist() == ["0"]


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0 %"), (0.004, "under 1 %"), (0.37, "37 %"), (0.996, "over 99 %"), (1.0, "100 %")],
)
def test_a_share_in_words(share: float, words: str) -> None:
    assert sentences.share(share) == words.replace(" %", "\N{NO-BREAK SPACE}%")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.3, "about 1 s"), (14.4, "about 15 s"), (59.5, "about 1.0 min"), (900, "about 15 min")],
)
def test_an_estimate_in_words(seconds: float, words: str) -> None:
    assert sentences.about(seconds) == words


def test_a_grid_without_a_death_says_so() -> None:
    grid = Grid(
        Settings(), (Fixes(), Fixes(adamw=True)), (0,), np.ones((2, 1)), np.ones((2, 1)), np.ones(1)
    )

    assert sentences.deaths(grid, ("adamw",)) == "No run died."


def test_one_seed_along_an_order_is_told_with_its_death() -> None:
    losses = np.array([5.6377, np.nan, 0.0028])

    assert sentences.one_seed(42, losses) == "Your seed 42 alone: 5.64 → NaN → 0.0028."
