"""What the Story says. Every sentence is made from the numbers passed in."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dashboard import words
from mlp_core import STAGES, Fixes

if TYPE_CHECKING:
    from mlp_core.dead_layer import DeadLayer
    from mlp_core.grid import Grid
    from mlp_core.paired import Paired
    from mlp_core.training import Run
    from mlp_core.wall import Wall


def answer(trained: "Mapping[Fixes, Run]", wall: "Wall") -> str:
    """Returns the path in two sentences: from where to where, and what stands in the way."""
    first, final, beyond = (trained[STAGES[name]] for name in ("v1", "final", "beyond"))
    start, end = ended(first), ended(final)
    if math.isfinite(final.final_val_loss) and final.final_val_loss < 2 * wall.loss:
        blocked = f"that is nearly all this network can do: its wall is at **{barrier(wall)}**"
    else:
        blocked = f"the wall of this network is at **{barrier(wall)}**"
    return (
        f"The post's fixes take the val loss from **{start}** to **{end}**, and {blocked}. "
        f"With one bias more, and the epsilon in the root, it is **{ended(beyond)}**."
    )


def ended(run: "Run") -> str:
    """Returns the val loss a run ended at, or that it died."""
    return "NaN (it died)" if run.died_after is not None else words.loss(run.final_val_loss)


def barrier(wall: "Wall") -> str:
    """Returns the wall, with a sign where it is only a fit's."""
    return f"{wall.loss:.4f}" if wall.exact else f"about {words.loss(wall.loss)}"


def holds(pair: "Paired") -> str:
    """Returns whether a step does in other seeds what it does in one."""
    seeds = len(pair.seeds)
    helped = round(pair.helped * seeds)
    if not pair.drop.any():
        return f"**It changes no loss**, in none of {seeds} seeds."
    factor = 10 ** abs(pair.median)
    way = "lower" if pair.median > 0 else "higher"
    size = f"{factor:.1f} times {way}" if factor >= 1.095 else f"{100 * (factor - 1):.1f} % {way}"
    verdict = {
        "helps": "**It holds:**",
        "hurts": "**It costs:**",
        "cannot tell": "**One cannot tell:**",
    }[pair.verdict]
    sentence = f"{verdict} lower in {helped} of {seeds} seeds, the middle one {size}."
    return f"{sentence} {_deaths(pair)}".strip()


def _deaths(pair: "Paired") -> str:
    before, after = pair.failures_before, pair.failures_after
    if not before and not after:
        return ""
    return f"Runs that die: {before} before, {after} after."


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
    without, with_norm = cheapest.final_val_loss, stage.final_val_loss
    if not (math.isfinite(without) and math.isfinite(with_norm)):
        return ""
    if without < with_norm:
        return (
            f"On this seed the LayerNorm fix even costs: keys and batches without it end at "
            f"{words.loss(without)}, with it at {words.loss(with_norm)}."
        )
    return (
        f"Keys and batches without the LayerNorm fix end at {words.loss(without)}, with it at "
        f"{words.loss(with_norm)}."
    )


def survival(grid: "Grid") -> str:
    """Returns what LayerNorm's init does to deaths and, in runs that live, to the loss."""
    on = _switched(grid, norm_init=True)
    off = _switched(grid, norm_init=False)
    return (
        f"Over all combinations of the post's fixes and {len(grid.seeds)} seeds, **{_died(off)} of "
        f"the runs die without LayerNorm's init and {_died(on)} with it**. Among those that live, "
        f"the median val loss is {_median(off)} without and {_median(on)} with it."
    )


def epsilon(grid: "Grid") -> str:
    """Returns that the epsilon beside the root saves no run, and that one in the root does."""
    off = _switched(grid, norm_init=False, norm_epsilon=False)
    on = _switched(grid, norm_init=False, norm_epsilon=True, epsilon_in_root=False)
    inside = _switched(grid, norm_init=False, norm_epsilon=True, epsilon_in_root=True)
    return (
        f"Without LayerNorm's init, **{_died(off)} of the runs die without the epsilon and "
        f"{_died(on)} with it**; with the epsilon in the root, {_died(inside)}."
    )


def _switched(grid: "Grid", **switches: bool) -> np.ndarray:
    """Returns the val losses of the combinations in which these switches stand so."""
    rows = [
        all(getattr(fixes, name) == on for name, on in switches.items())
        for fixes in grid.combinations
    ]
    return grid.val_loss[rows]


def _died(losses: np.ndarray) -> str:
    return f"{100 * float(np.mean(~np.isfinite(losses))):.0f} %"


def _median(losses: np.ndarray) -> str:
    return words.loss(float(np.median(losses[np.isfinite(losses)])))


def wall(wall: "Wall", task: str, num_features: int) -> str:
    """Returns what the wall is and where."""
    why = (
        "A layer computes W x, without a bias, and LayerNorm divides by its size. Twice the input "
        "gives twice the products, and the factor cancels: **the network sees where x points, "
        "never how long it is**."
    )
    if task == "sum":
        where = (
            f"The best rule that sees only that leaves a loss of D − (E|x|)² = **{wall.loss:.4f}** "
            f"for D = {num_features} features."
        )
    elif wall.exact:
        where = f"The best rule that sees only that leaves a loss of **{wall.loss:.4f}**."
    else:
        where = (
            "No formula says what the best such rule leaves here; a flexible fit of y on x / |x| "
            f"reaches **{words.loss(wall.loss)}**."
        )
    return f"{why} {where}"


def behind_wall(run: "Run", wall: "Wall", with_bias: bool) -> str:
    """Returns where a run ends against the wall."""
    end = ended(run)
    if not with_bias:
        return f"The post's last version ends at **{end}**, the wall is at **{barrier(wall)}**."
    if run.final_val_loss < wall.loss:
        fall = wall.loss / run.final_val_loss
        return f"**The wall falls:** val loss **{end}**, {fall:,.0f} times below it."
    return f"With the bias it ends at **{end}**: here the wall was not what held it back."


def moved(predicted: np.ndarray) -> str:
    """Returns by how much the prediction changes from the shortest input to the longest.

    Args:
      predicted: `[K]`, of one input at K lengths.
    """
    change = float(np.ptp(predicted))
    if not math.isfinite(change):
        return "This run predicts no number."
    if change < 0.01 * max(1.0, float(np.abs(predicted).max())):
        return f"**The prediction does not move**: it changes by {change:.2g} in all."
    return f"**The prediction follows**: it changes by {change:.2f} in all."


def gradient(dead: "DeadLayer") -> tuple[str, str]:
    """Returns the output and the gradient of a dead layer as text."""
    return number(dead.output), number(dead.gradient)


def number(value: float) -> str:
    """Returns a number with three digits, "NaN" for one that is none."""
    return "NaN" if math.isnan(value) else f"{value:.3g}"
