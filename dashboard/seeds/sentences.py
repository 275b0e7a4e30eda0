"""What the Seeds page says. Every sentence is made from the numbers passed in."""

import math
from collections.abc import Sequence
from dataclasses import fields
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from dashboard.draw import words
from dashboard.switches import SWITCH
from mlp_core import Settings
from mlp_core.engine.outcome import failed

if TYPE_CHECKING:
    from mlp_core.analysis.effects import Effect, Waterfall
    from mlp_core.analysis.grid_file import Stored
    from mlp_core.analysis.paired import Paired
    from mlp_core.analysis.scores import Unit
    from mlp_core.engine.grid import Grid

UNITS: dict["Unit", str] = {"log10": "ratio", "plain": "difference"}
"""What a drop of the loss is counted in."""


WORTH = (
    "How far a fix lowers the val loss: the mean over all orders of turning the fixes on (its "
    "Shapley value) and over all seeds. “Ratio” says 2x lower for a loss of 4 that falls to 2, "
    "“difference” says 2 lower. The bar is the 95% interval; a gray square means no clear effect. "
    "Compile the step is not listed: it changes the time and not the loss."
)

PAIRS = (
    "Two fixes need each other if they do more together than each promises without the other, and "
    "overlap if one does part of the other's work. The mean over all orders and seeds (the Shapley "
    "interaction index)."
)

_MATTERS = 0.02  # from this difference of the failure rate on, a fix is named for it


def fix(switch: str) -> str:
    """Returns a fix's name without the post's number."""
    return SWITCH[switch].name


def names(switches: Sequence[str]) -> str:
    """Returns the names of some fixes as a sentence lists them."""
    return words.listed([fix(switch) for switch in switches])


def number(value: float) -> str:
    """Returns a factor or a loss with as many digits as a reader can use."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def drop(value: float, unit: str) -> str:
    """Returns a drop of the loss, above 0 where it fell: "2.4x lower"."""
    size, way = _size(value, unit), "lower" if value > 0 else "higher"
    if size == _size(0.0, unit):
        return "no change"
    return f"{size}{'x' if unit == 'log10' else ''} {way}"


def span(low: float, high: float, unit: str) -> str:
    """Returns the ends of an interval of drops."""
    if math.isnan(low):
        return "one seed, so no interval"
    if low > 0:
        return f"{_size(low, unit)} to {_size(high, unit)}"
    if high < 0:
        return f"{_size(high, unit)} to {_size(low, unit)}"
    return f"{drop(low, unit)} to {drop(high, unit)}"


def share(value: float) -> str:
    """Returns a share in percent: 0% and 100% only where it is exactly that."""
    if 0 < value < 0.01:
        return "under 1%"
    if 0.99 < value < 1:
        return "over 99%"
    return f"{100 * value:.0f}%"


def answer(effects: "Sequence[Effect]", verdicts: Sequence[str], unit: str, seeds: int) -> str:
    """Returns which fix matters most, which else, and which do not.

    Args:
      verdicts: for each effect whether it helps, hurts, or has no clear effect.
    """
    ranked = sorted(zip(effects, verdicts, strict=True), key=lambda pair: -pair[0].mean)
    helping = [effect for effect, verdict in ranked if verdict == "helps"]
    hurting = [effect for effect, verdict in ranked if verdict == "hurts"]
    unclear = [effect for effect, verdict in ranked if verdict == "no clear effect"]
    over = f"over all {factorial(len(effects)):,} orders and {seeds} seeds"
    sentences = [_best(helping, unit, over)] if helping else [f"No fix helps for certain, {over}."]
    if helping[1:]:
        sentences.append(f"Then {_listed(helping[1:], unit)}.")
    if hurting:
        sentences.append(f"It costs: {_listed(hurting, unit)}.")
    if unclear:
        sentences.append(f"No clear effect: {names([effect.switch for effect in unclear])}.")
    return " ".join(sentences)


def failures(grid: "Grid", switches: Sequence[str]) -> str:
    """Returns how many runs ended in NaN, and the fix that changes their number most."""
    lost = failed(grid.val_loss)
    if not lost.any():
        return "No run ended in NaN."
    rates = {switch: _failure_rates(grid, lost, switch) for switch in switches}
    switch = max(rates, key=lambda name: abs(rates[name][0] - rates[name][1]))
    off, on = rates[switch]
    total = f"{share(float(lost.mean()))} of the {lost.size:,} runs ended in NaN"
    if abs(off - on) < _MATTERS:
        return f"{total}."
    return f"{total}: **{share(on)} with {fix(switch)}, {share(off)} without.**"


def together(matrix: np.ndarray, switches: Sequence[str], unit: str) -> str:
    """Returns the pair that needs each other most and the pair that masks each other most."""
    pairs = np.argwhere(np.triu(np.isfinite(matrix), 1))
    values = np.array([matrix[i, j] for i, j in pairs])
    highest, lowest = int(values.argmax()), int(values.argmin())
    sentences = []
    if values[highest] > 0:
        pair = names([switches[k] for k in pairs[highest]])
        more = drop(float(values[highest]), unit)
        sentences.append(
            f"**{pair}** need each other most: together {more} than the two alone promise."
        )
    if values[lowest] < 0:
        pair = names([switches[k] for k in pairs[lowest]])
        less = drop(float(values[lowest]), unit)
        sentences.append(f"**{pair}** overlap most: together {less} than the two alone promise.")
    return " ".join(sentences)


def pair_signs(unit: str) -> str:
    """Returns what the signs in the matrix of pairs mean."""
    plus, minus = ("×", "÷") if unit == "log10" else ("+", "−")
    return f"{plus} they need each other, {minus} they overlap"


def legend(seed: int, seeds: Sequence[int]) -> str:
    """Returns what the marks of a combination's row mean.

    Args:
      seed: the reader's own; marked where the grid has it.
    """
    own = f", ◆ your seed {seed}" if seed in seeds else ""
    return (
        "A thin tick is a seed, orange if its run ended in NaN; the gray bar is the middle half of "
        f"the seeds, the blue mark their median{own}. Click a row or a tick to open it in the Lab."
    )


def order(fall: "Waterfall", effects: "Sequence[Effect]", unit: str) -> str:
    """Returns what the order adds up to, and where it misleads most."""
    first, last = (words.loss(float(loss)) for loss in fall.loss[[0, -1]])
    whole = drop(float(fall.credits.sum()), unit)
    mean = "geometric mean" if unit == "log10" else "mean"
    sentences = [f"In any order the {mean} of the seeds goes from {first} to {last}, {whole}."]
    worth = {effect.switch: effect.mean for effect in effects}
    off = {s: float(c) - worth[s] for s, c in zip(fall.order, fall.credits, strict=True)}
    switch = max(off, key=lambda name: abs(off[name]))
    if drop(off[switch], unit) != "no change":
        way = "flatters" if off[switch] > 0 else "is unfair to"
        credit, value = drop(worth[switch] + off[switch], unit), drop(worth[switch], unit)
        sentences.append(
            f"This order {way} **{fix(switch)}** most: it is credited with {credit}, over all "
            f"orders it is worth {value}."
        )
    return " ".join(sentences)


def one_seed(seed: int, losses: np.ndarray) -> str:
    """Returns the losses of one seed along an order, `[P + 1]`, NaN where the run ended in NaN."""
    path = " → ".join(words.loss(float(loss)) for loss in losses)
    return f"Your seed {seed} alone: {path}."


def step(pair: "Paired", added: Sequence[str], unit: str) -> str:
    """Returns what one step from some fixes to more does, with its verdict first."""
    what = f"{names(added)} on top of {words.combination(pair.before)}"
    seeds = len(pair.seeds)
    if changes_nothing(pair):
        return f"**Changes nothing:** {what} ends at the same loss in all {seeds} seeds."
    mean, ends = drop(pair.mean, unit), span(pair.low, pair.high, unit)
    verdict = pair.verdict.capitalize()
    head = f"**{verdict}:** {what}, val loss {mean} ({ends}) in the mean of {seeds} seeds."
    return " ".join(filter(None, (head, _failures_changed(pair), _enough(pair))))


def changes_nothing(pair: "Paired") -> bool:
    """Returns whether no seed ends differently."""
    return not pair.drop.any() and pair.failures_before == pair.failures_after


def seeds_needed(pair: "Paired") -> str:
    """Returns how many seeds it would take to tell."""
    return f"{pair.seeds_needed:,.0f}" if math.isfinite(pair.seeds_needed) else "–"


def provenance(grid: "Grid", made: str) -> str:
    """Returns which runs stand behind the page.

    Args:
      made: with what they were made, from `made_here` or `made_before`.
    """
    runs = f"{len(grid.combinations)} combinations × {len(grid.seeds)} seeds"
    seeds = f"{min(grid.seeds)} to {max(grid.seeds)}"
    return f"{runs} ({seeds}), {settings(grid.settings)}, {made}."


def made_here(device: str) -> str:
    """Returns with what a grid was made that this server computed."""
    return f"computed on the server ({device})"


def made_before(stored: "Stored") -> str:
    """Returns with what a stored grid was made."""
    shown = {"python": "Python", "jax": "JAX"}
    programs = [f"{name} {stored.versions[key]}" for key, name in shown.items()]
    device = f", on {stored.device}" if stored.device else ""
    return f"made with {words.listed(programs)}{device}"


def settings(given: Settings) -> str:
    """Returns settings by what is not the post's, the seed apart."""
    changed = [
        f"{words.SETTING[field.name]} {words.setting(value)}"
        for field in fields(Settings)
        if field.name != "seed"
        and (value := getattr(given, field.name)) != getattr(Settings(), field.name)
    ]
    return (
        f"the post's settings but for {words.listed(changed)}" if changed else "the post's settings"
    )


def progress(done: int, seeds: int, seconds_left: float | None) -> str:
    """Returns how far a sweep is."""
    if done == 0:
        return "Compiling the training for these sizes, once for all combinations …"
    left = "" if seconds_left is None else f", {about(seconds_left)} left"
    return f"{done} of {seeds} seeds done{left}"


def about(seconds: float) -> str:
    """Returns an estimate, without a precision that it does not have."""
    whole = math.ceil(seconds)
    return f"about {whole} s" if whole < 60 else f"about {words.duration(1000 * whole)}"


def _size(value: float, unit: str) -> str:
    """Returns how large a drop or rise is, in the digits that are shown."""
    return number(10 ** abs(value)) if unit == "log10" else words.loss(abs(value))


def _best(helping: "Sequence[Effect]", unit: str, over: str) -> str:
    best = helping[0]
    worth, ends = drop(best.mean, unit), span(best.low, best.high, unit)
    return f"**{fix(best.switch)}** matters most: val loss **{worth}** ({ends}), {over}."


def _listed(effects: "Sequence[Effect]", unit: str) -> str:
    return words.listed([f"{fix(effect.switch)} ({drop(effect.mean, unit)})" for effect in effects])


def _failure_rates(grid: "Grid", lost: np.ndarray, switch: str) -> tuple[float, float]:
    """Returns the share of runs that ended in NaN with a switch off, and on."""
    on = np.array([getattr(fixes, switch) for fixes in grid.combinations])
    return float(lost[~on].mean()), float(lost[on].mean())


def _enough(pair: "Paired") -> str:
    if pair.verdict != "no clear effect" or not math.isfinite(pair.seeds_needed):
        return ""
    return f"It would take about {seeds_needed(pair)} seeds to tell."


def _failures_changed(pair: "Paired") -> str:
    """Returns how the step changes the number of runs that end in NaN."""
    before, after, seeds = pair.failures_before, pair.failures_after, len(pair.seeds)
    if before == after:
        return f"With it as without it, {after} of {seeds} runs end in NaN." if after else ""
    fewer = "Fewer" if after < before else "More"
    return f"{fewer} runs end in NaN: {after} of {seeds} with it, {before} without."
