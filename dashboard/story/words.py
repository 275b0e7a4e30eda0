"""What the Story says. Every sentence is made from the numbers passed in."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dashboard.draw import words
from mlp_core import STAGES, Fixes, Settings
from mlp_core.engine.outcome import failed

if TYPE_CHECKING:
    from mlp_core.analysis.paired import Paired
    from mlp_core.analysis.wall import Wall
    from mlp_core.diagnosis.probing import DeadLayer
    from mlp_core.engine.grid import Grid
    from mlp_core.engine.training import Run


_NEAR = 1.3
"""A loss of less than so many times the wall is stopped by it."""


def answer(trained: "Mapping[Fixes, Run]", wall: "Wall") -> str:
    """Returns the path in two sentences: from where to where, and what stands in the way."""
    first, final, beyond = (trained[STAGES[name]] for name in ("v1", "final", "beyond"))
    path = f"The post's fixes take the val loss from **{ended(first)}** to **{ended(final)}**"
    if stops_at(final, wall):
        path += f", and that is nearly all this network can do: its wall is at **{barrier(wall)}**"
    return f"{path}. With one bias more, and the epsilon in the root, it is **{ended(beyond)}**."


def stops_at(run: "Run", wall: "Wall") -> bool:
    """Returns whether the wall is what stops a run: a fit's is too uncertain to say so."""
    return wall.exact and 0.9 < run.final_val_loss / wall.loss < _NEAR


def ended(run: "Run") -> str:
    """Returns the val loss a run ended at."""
    return words.loss(run.final_val_loss)


def beside(run: "Run", reported: float | None) -> str:
    """Returns the val loss of a run, with a digit more where the post cuts it off."""
    end = ended(run)
    return end if reported is None or end == f"{reported:.2f}" else f"{run.final_val_loss:.3f}"


def barrier(wall: "Wall") -> str:
    """Returns the wall, or how low it is at most."""
    return f"{wall.loss:.4f}" if wall.exact else f"{words.loss(wall.loss)} or lower"


def holds(pair: "Paired") -> str:
    """Returns whether a step does in other seeds what it does in one."""
    seeds = len(pair.seeds)
    helped = round(pair.helped * seeds)
    if not pair.drop.any():
        return f"**It changes no loss**, in none of {seeds} seeds."
    way = "lower" if pair.median > 0 else "higher"
    size = f"{words.percent(abs(10**-pair.median - 1))} {way}"
    verdict = {
        "helps": "**It holds:**",
        "hurts": "**It costs:**",
        "no clear effect": "**No clear effect:**",
    }[pair.verdict]
    sentence = f"{verdict} lower in {helped} of {seeds} seeds, the median {size}."
    return f"{sentence} {_failures(pair)}".strip()


def _failures(pair: "Paired") -> str:
    before, after = pair.failures_before, pair.failures_after
    if not before and not after:
        return ""
    return f"Runs that end in NaN: {before} before, {after} after."


def alone(together: "Run", by_itself: "Run", start: "Run", what: str) -> str:
    """Returns a fix on top of those before it, against the fix by itself.

    Args:
      together: the stage of the fix.
      by_itself: the first version with this fix and no other.
    """
    return (
        f"**{what}:** with the fixes before it {ended(together)}; by itself {ended(by_itself)}, "
        f"from {ended(start)}."
    )


def adds_up(cheapest: "Run", stage: "Run") -> str:
    """Returns which of two ways to whole batches ends lower, without or with LayerNorm's fix."""
    if cheapest.outcome.is_failed or stage.outcome.is_failed:
        return ""
    without, with_norm = cheapest.final_val_loss, stage.final_val_loss
    if with_norm > 1.02 * without:
        return (
            f"Here the LayerNorm fix even costs: keys and batches without it end at "
            f"{words.loss(without)}, with it at {words.loss(with_norm)}."
        )
    return (
        f"Keys and batches without the LayerNorm fix end at {words.loss(without)}, with it at "
        f"{words.loss(with_norm)}."
    )


def norm_init(grid: "Grid") -> str:
    """Returns what LayerNorm's init does to runs that end in NaN and, where none does, to the loss.

    Args:
      grid: all combinations of the post's fixes.
    """
    on, off = _switched(grid, norm_init=True), _switched(grid, norm_init=False)
    return (
        f"Over all combinations of the post's fixes and {len(grid.seeds)} seeds, **{_failed(off)} "
        f"of the runs end in NaN without LayerNorm's init and {_failed(on)} with it**. Where "
        "neither run does, the init changes the val loss by "
        f"{_median_change(grid, whole_batches=False)} with empty batches and by "
        f"{_median_change(grid, whole_batches=True)} with whole ones (medians)."
    )


def epsilon(posts: "Grid", grid: "Grid") -> str:
    """Returns how many runs end in NaN without an epsilon, beside the root, and in the root.

    Args:
      posts: all combinations of the post's fixes.
      grid: the same with those beyond the post.
    """
    off = _switched(posts, norm_init=False, norm_epsilon=False)
    on = _switched(posts, norm_init=False, norm_epsilon=True)
    inside = _switched(
        grid, norm_init=False, norm_epsilon=True, epsilon_in_root=True, bias_before_norm=False
    )
    return (
        f"Without LayerNorm's init, **{_failed(off)} of the runs end in NaN without the epsilon "
        f"and {_failed(on)} with it**; with the epsilon in the root, {_failed(inside)}."
    )


def _switched(grid: "Grid", **switches: bool) -> np.ndarray:
    """Returns the val losses of the combinations in which these switches stand so, `[F, S]`."""
    rows = [
        all(getattr(fixes, name) == on for name, on in switches.items())
        for fixes in grid.combinations
    ]
    return grid.val_loss[rows]


def _median_change(grid: "Grid", whole_batches: bool) -> str:
    """Returns how the init changes the val loss of pairs of runs of which none ends in NaN."""
    ratios = np.array(
        [
            losses / _switched(grid, **vars(replace(fixes, norm_init=False)))[0]
            for fixes, losses in zip(grid.combinations, grid.val_loss, strict=True)
            if fixes.norm_init and fixes.whole_batches == whole_batches
        ]
    )
    percent = round(100 * (float(np.median(ratios[~failed(ratios)])) - 1))
    return f"{percent:+d}%".replace("-", "−") if percent else "0%"


def _failed(losses: np.ndarray) -> str:
    return f"{100 * float(np.mean(failed(losses))):.0f}%"


def wall_title(run: "Run", wall: "Wall") -> str:
    """Returns the question that the wall answers, if it is what stops the run."""
    return f"Why does it stop at {ended(run)}?" if stops_at(run, wall) else "What it cannot see"


def wall(wall: "Wall", settings: Settings) -> str:
    """Returns what the wall is and where."""
    why = (
        "A layer computes W x, without a bias, and LayerNorm divides by its size. Twice the input "
        "gives twice the products, and the factor cancels: **the network sees where x points, "
        "never how long it is**."
    )
    formula = f"D − (E|x|)²{' + σ²' if settings.noise else ''} = "
    if settings.task == "sum":
        where = (
            f"The best rule that sees only that leaves a loss of {formula}**{wall.loss:.4f}** "
            f"for D = {settings.num_features} features"
        )
        where += f" and noise of σ = {settings.noise:g}." if settings.noise else "."
    elif wall.exact:
        where = f"The best rule that sees only that leaves a loss of **{wall.loss:.4f}**."
    else:
        where = (
            "No formula says what the best such rule leaves here; a flexible fit of y on x / |x| "
            f"reaches **{words.loss(wall.loss)}**, so the wall is there or lower."
        )
    return f"{why} {where}"


def behind_wall(without: "Run", with_bias: "Run", wall: "Wall", bias: bool) -> str:
    """Returns where a run ends against the wall.

    Args:
      bias: whether to tell of the run with the bias.
    """
    end = ended(without)
    if not bias:
        return f"The post's last version ends at **{end}**, the wall is at **{barrier(wall)}**."
    below = wall.loss / with_bias.final_val_loss
    if not stops_at(without, wall) or not below > 1.05:
        return f"With the bias it ends at **{ended(with_bias)}**, without at **{end}**."
    share = f"1/{below:,.0f} of it" if below >= 2 else "below it"
    return f"**The wall falls:** val loss **{ended(with_bias)}**, {share}."


def _by(order: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values[np.argsort(order, kind="stable")]


def moved(predicted: np.ndarray, unit: float) -> str:
    """Returns by how much the prediction changes from the shortest input to the longest.

    Args:
      predicted: `[K]`, of one input at K lengths.
      unit: the spread of the target, on the same scale.
    """
    change = float(np.ptp(predicted))
    if not math.isfinite(change):
        return "The predictions of this run are NaN."
    if change < 0.01 * unit:
        little = words.scientific(change) if change else "nothing"
        return f"**The prediction does not move**: it changes by {little} in all."
    return f"**The prediction follows**: it changes by {change:.3g} in all."


def gradient(dead: "DeadLayer") -> tuple[str, str]:
    """Returns the output and the gradient of a dead layer as text."""
    return number(dead.output), number(dead.gradient)


def number(value: float) -> str:
    """Returns a number with three digits, "NaN" for one that is none."""
    return "NaN" if math.isnan(value) else f"{value:z.3g}"
