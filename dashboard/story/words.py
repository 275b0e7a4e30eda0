"""The sentences of the Story page, computed from the numbers passed in."""

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


_SCATTER = (
    " This is the mean over all possible inputs; on one sample of validation rows, a network can "
    "end slightly below it."
)
_NEAR = 1.3
"""A run whose val loss is below this multiple of the lower bound counts as limited by the bound."""


def answer(trained: "Mapping[Fixes, Run]", wall: "Wall") -> str:
    """Returns two sentences: the losses before and after the post's fixes, and what limits them."""
    first, final, beyond = (trained[STAGES[name]] for name in ("v1", "final", "beyond"))
    path = f"The post's fixes take the val loss from **{ended(first)}** to **{ended(final)}**"
    if stops_at(final, wall):
        path += (
            f", close to the lowest loss that this network can be expected to reach, "
            f"**{barrier(wall)}**"
        )
    return (
        f"{path}. With a bias before LayerNorm and epsilon in the root, the val loss is "
        f"**{ended(beyond)}**."
    )


def stops_at(run: "Run", wall: "Wall") -> bool:
    """Returns whether the lower bound limits a run. A bound from a fit is too uncertain to tell."""
    return wall.exact and 0.9 < run.final_val_loss / wall.loss < _NEAR


def ended(run: "Run") -> str:
    """Returns the final val loss of a run as text."""
    return words.loss(run.final_val_loss)


def beside(run: "Run", reported: float | None) -> str:
    """Returns the val loss of a run, with another digit if the post truncates its number."""
    end = ended(run)
    return end if reported is None or end == f"{reported:.2f}" else f"{run.final_val_loss:.3f}"


def barrier(wall: "Wall") -> str:
    """Returns the lower bound as text, or the most that it can be."""
    return f"{wall.loss:.4f}" if wall.exact else f"{words.loss(wall.loss)} or lower"


def holds(pair: "Paired") -> str:
    """Returns whether the effect of a stage's fixes holds in other seeds."""
    seeds = len(pair.seeds)
    helped = round(pair.helped * seeds)
    if not pair.drop.any():
        return f"**No effect on the loss** in any of {seeds} seeds."
    way = "lower" if pair.median > 0 else "higher"
    size = f"{words.percent(abs(10**-pair.median - 1))} {way}"
    verdict = {
        "helps": "**It holds:**",
        "hurts": "**It hurts:**",
        "no clear effect": "**No clear effect:**",
    }[pair.verdict]
    sentence = f"{verdict} the val loss is lower in {helped} of {seeds} seeds (median {size})."
    return f"{sentence} {_failures(pair)}".strip()


def _failures(pair: "Paired") -> str:
    before, after = pair.failures_before, pair.failures_after
    if not before and not after:
        return ""
    return f"Runs that end in NaN: {before} before, {after} after."


def alone(together: "Run", by_itself: "Run", start: "Run", what: str) -> str:
    """Returns the val loss of a fix on top of the fixes before it, and of the fix by itself.

    Args:
      together: the stage of the fix.
      by_itself: the first version with this fix and no other.
    """
    return (
        f"**{what}:** val loss {ended(together)} with the fixes before it, {ended(by_itself)} by "
        f"itself, and {ended(start)} without any fix."
    )


def adds_up(cheapest: "Run", stage: "Run") -> str:
    """Returns the val loss of split keys and whole batches, without and with the LayerNorm fix."""
    if cheapest.outcome.is_failed or stage.outcome.is_failed:
        return ""
    without, with_norm = cheapest.final_val_loss, stage.final_val_loss
    if with_norm > 1.02 * without:
        return (
            "Here the LayerNorm fix even hurts: with split keys and whole batches, the val loss is "
            f"{words.loss(without)} without it and {words.loss(with_norm)} with it."
        )
    return (
        f"With split keys and whole batches, the val loss is {words.loss(without)} without the "
        f"LayerNorm fix and {words.loss(with_norm)} with it."
    )


def norm_init(grid: "Grid") -> str:
    """Returns how the LayerNorm init fix changes the share of NaN runs and the loss of the others.

    Args:
      grid: all combinations of the post's fixes.
    """
    on, off = _switched(grid, norm_init=True), _switched(grid, norm_init=False)
    return (
        f"Over all combinations of the post's fixes and {len(grid.seeds)} seeds, **{_failed(off)} "
        f"of the runs end in NaN without the LayerNorm init fix and {_failed(on)} with it**. In "
        "pairs of runs of which neither ends in NaN, the median change of the val loss is "
        f"{_median_change(grid, whole_batches=False)} with empty minibatches and "
        f"{_median_change(grid, whole_batches=True)} with whole batches."
    )


def epsilon(posts: "Grid", grid: "Grid") -> str:
    """Returns the share of NaN runs without epsilon, with it outside the root, and inside it.

    Args:
      posts: all combinations of the post's fixes.
      grid: the same combinations and those with fixes beyond the post.
    """
    off = _switched(posts, norm_init=False, norm_epsilon=False)
    on = _switched(posts, norm_init=False, norm_epsilon=True)
    inside = _switched(
        grid, norm_init=False, norm_epsilon=True, epsilon_in_root=True, bias_before_norm=False
    )
    return (
        f"Without the LayerNorm init fix, **{_failed(off)} of the runs end in NaN without epsilon "
        f"and {_failed(on)} with it**. With epsilon in the root, {_failed(inside)} do."
    )


def _switched(grid: "Grid", **switches: bool) -> np.ndarray:
    """Returns the val losses of all combinations with these values of the switches, `[F, S]`."""
    rows = [
        all(getattr(fixes, name) == on for name, on in switches.items())
        for fixes in grid.combinations
    ]
    return grid.val_loss[rows]


def _median_change(grid: "Grid", whole_batches: bool) -> str:
    """Returns the median change of the val loss by the init fix, in pairs of runs without NaN."""
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
    """Returns the title of the section: a question if the lower bound is what limits the run."""
    return (
        f"Why does the loss stop at {ended(run)}?"
        if stops_at(run, wall)
        else "What the network cannot see"
    )


def wall(wall: "Wall", settings: Settings) -> str:
    """Returns the explanation and the value of the lower bound."""
    why = (
        "A layer computes W x without a bias, and LayerNorm divides the result by its standard "
        "deviation. Doubling x doubles both, so the factor cancels: **the predictions depend on "
        "the direction of x, not on its length**."
    )
    formula = f"D − (E|x|)²{' + σ²' if settings.noise else ''} = "
    if settings.task == "sum":
        where = (
            f"The best function of the direction alone has a loss of {formula}**{wall.loss:.4f}** "
            f"for D = {settings.num_features} features"
        )
        where += f" and noise of σ = {settings.noise:g}." if settings.noise else "."
    elif wall.exact:
        where = f"The best function of the direction alone has a loss of **{wall.loss:.4f}**."
    else:
        where = (
            "The lowest loss of a function of the direction alone has no known formula here. A "
            f"flexible fit of y on x / |x| reaches **{words.loss(wall.loss)}**, so the lower bound "
            "is at most this."
        )
    return f"{why} {where}{_SCATTER if wall.exact else ''}"


def behind_wall(without: "Run", with_bias: "Run", wall: "Wall", bias: bool) -> str:
    """Returns the final val loss of a run, compared with the lower bound.

    Args:
      bias: whether to describe the run with the bias.
    """
    end = ended(without)
    if not bias:
        return (
            f"The post's final version ends at **{end}**; the lower bound is **{barrier(wall)}**."
        )
    below = wall.loss / with_bias.final_val_loss
    if not stops_at(without, wall) or not below > 1.05:
        return f"The val loss is **{ended(with_bias)}** with the bias and **{end}** without it."
    share = f"1/{below:,.0f} of the bound" if below >= 2 else "below the bound"
    return f"**The bias removes the bound:** val loss **{ended(with_bias)}**, {share}."


def moved(predicted: np.ndarray, unit: float) -> str:
    """Returns how much the prediction changes between the shortest and the longest input.

    Args:
      predicted: `[K]`, for one input at K lengths.
      unit: the standard deviation of the target, in the same unit.
    """
    change = float(np.ptp(predicted))
    if not math.isfinite(change):
        return "Every prediction of this run is NaN."
    if change < 0.01 * unit:
        little = words.scientific(change) if change else "0"
        return f"**The prediction ignores the length**: it changes by {little} in total."
    return f"**The prediction depends on the length**: it changes by {change:.3g} in total."


def gradient(dead: "DeadLayer") -> tuple[str, str]:
    """Returns the output and the gradient of a dead layer as text."""
    return number(dead.output), number(dead.gradient)


def number(value: float) -> str:
    """Returns a number with three significant digits, or "NaN"."""
    return "NaN" if math.isnan(value) else f"{value:z.3g}"
