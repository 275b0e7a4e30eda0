"""The sentences of the Seeds page, compared with sentences written by hand."""

import numpy as np
import pytest

from dashboard.seeds import sentences, tables
from mlp_core import Fixes, Settings
from mlp_core.engine.grid import Grid


@pytest.mark.parametrize(
    ("drop", "unit", "words"),
    [
        (np.log10(2.4), "log10", "2.4x lower"),
        (-np.log10(1.5), "log10", "1.50x higher"),
        (0.001, "log10", "no change"),
        (np.log10(300), "log10", "300x lower"),
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
        (-np.log10(1.5), np.log10(2), "1.50x higher to 2.0x lower"),
    ],
)
def test_an_interval_in_words(low: float, high: float, words: str) -> None:
    assert sentences.span(low, high, "log10") == words


def test_a_pair_that_does_next_to_nothing_has_no_sign() -> None:
    pairs = tables.interactions(
        np.array([[np.nan, -0.001], [-0.001, np.nan]]), ("adamw",) * 2, "plain"
    )

    assert pairs["text"].tolist() == ["0"]


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0%"), (0.004, "under 1%"), (0.37, "37%"), (0.996, "over 99%"), (1.0, "100%")],
)
def test_a_share_in_words(share: float, words: str) -> None:
    assert sentences.share(share) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.3, "about 1 s"), (14.4, "about 15 s"), (59.5, "about 1.0 min"), (900, "about 15 min")],
)
def test_an_estimate_in_words(seconds: float, words: str) -> None:
    assert sentences.about(seconds) == words


def test_a_grid_without_nan_says_so() -> None:
    grid = Grid(
        Settings(), (Fixes(), Fixes(adamw=True)), (0,), np.ones((2, 1)), np.ones((2, 1)), np.ones(1)
    )

    assert sentences.failures(grid, ("adamw",)) == "No run ended in NaN."


def test_one_seed_along_an_order_is_told_with_its_nan() -> None:
    losses = np.array([5.6377, np.nan, 0.0028])

    assert sentences.one_seed(42, losses) == "With only your seed 42: 5.64 → NaN → 0.0028."
