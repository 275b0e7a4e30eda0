"""The sentences of the Seeds page, computed from the numbers passed in."""

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
    from mlp_core.engine.grid import Grid

UNITS: dict[str, str] = {"log10": "ratio", "plain": "difference"}
"""The units for a decrease of the val loss, with their labels."""


WORTH = (
    "How much a fix lowers the val loss, averaged over all orders of turning on the fixes (its "
    "Shapley value) and over all seeds. If the loss falls from 4 to 2, “ratio” shows 2x lower and "
    "“difference” shows 2 lower. The bar is the 95% interval; a gray square means no clear effect. "
    "Compile the step is not listed because it changes the time but not the loss."
)

PAIRS = (
    "Two fixes need each other if their joint effect is larger than their separate effects "
    "combined, and overlap if it is smaller. The numbers are averages over all orders and seeds "
    "(the Shapley interaction index)."
)

_MATTERS = 0.02  # the least difference of the failure rate for which a fix is named


def fix(switch: str) -> str:
    """Returns the name of a fix without the post's number."""
    return SWITCH[switch].name


def names(switches: Sequence[str]) -> str:
    """Returns the names of fixes as a list for a sentence."""
    return words.listed([fix(switch) for switch in switches])


def number(value: float) -> str:
    """Returns a factor or a loss with a useful number of digits."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def drop(value: float, unit: str) -> str:
    """Returns a change of the loss as text, such as "2.4x lower". A decrease is positive."""
    size, way = _size(value, unit), "lower" if value > 0 else "higher"
    if size == _size(0.0, unit):
        return "no change"
    return f"{size}{'x' if unit == 'log10' else ''} {way}"


def span(low: float, high: float, unit: str) -> str:
    """Returns the ends of an interval of decreases as text."""
    if math.isnan(low):
        return "one seed, so no interval"
    if low > 0:
        return f"{_size(low, unit)} to {_size(high, unit)}"
    if high < 0:
        return f"{_size(high, unit)} to {_size(low, unit)}"
    return f"{drop(low, unit)} to {drop(high, unit)}"


def share(value: float) -> str:
    """Returns a share in percent. Only exact values become 0% or 100%."""
    if 0 < value < 0.01:
        return "under 1%"
    if 0.99 < value < 1:
        return "over 99%"
    return f"{100 * value:.0f}%"


def answer(effects: "Sequence[Effect]", verdicts: Sequence[str], unit: str, seeds: int) -> str:
    """Returns which fixes help, the strongest first, which hurt, and which have no clear effect.

    Args:
      verdicts: "helps", "hurts", or "no clear effect" for each effect.
    """
    ranked = sorted(zip(effects, verdicts, strict=True), key=lambda pair: -pair[0].mean)
    helping = [effect for effect, verdict in ranked if verdict == "helps"]
    hurting = [effect for effect, verdict in ranked if verdict == "hurts"]
    unclear = [effect for effect, verdict in ranked if verdict == "no clear effect"]
    over = f"over all {factorial(len(effects)):,} orders and {seeds} seeds"
    sentences = [_best(helping, unit, over)] if helping else [f"No fix clearly helps {over}."]
    if helping[1:]:
        sentences.append(f"Then {_listed(helping[1:], unit)}.")
    if hurting:
        sentences.append(f"Hurts: {_listed(hurting, unit)}.")
    if unclear:
        sentences.append(f"No clear effect: {names([effect.switch for effect in unclear])}.")
    return " ".join(sentences)


def failures(grid: "Grid", switches: Sequence[str]) -> str:
    """Returns the share of runs that ended in NaN, and the fix that changes this share most."""
    lost = failed(grid.val_loss)
    if not lost.any():
        return "No run ended in NaN."
    rates = {switch: _failure_rates(grid, lost, switch) for switch in switches}
    switch = max(rates, key=lambda name: abs(rates[name][0] - rates[name][1]))
    off, on = rates[switch]
    total = f"{share(float(lost.mean()))} of the {lost.size:,} runs ended in NaN"
    if abs(off - on) < _MATTERS:
        return f"{total}."
    return f"{total}: **{share(on)} with {fix(switch)}, {share(off)} without it.**"


def together(matrix: np.ndarray, switches: Sequence[str], unit: str, num_seeds: int) -> str:
    """Returns the pair of fixes that need each other most and the pair that overlap most."""
    pairs = np.argwhere(np.triu(np.isfinite(matrix), 1))
    values = np.array([matrix[i, j] for i, j in pairs])
    highest, lowest = int(values.argmax()), int(values.argmin())
    sentences = []
    if values[highest] > 0:
        pair = names([switches[k] for k in pairs[highest]])
        more = drop(float(values[highest]), unit)
        sentences.append(
            f"**{pair}** need each other most: together, the val loss is {more} than their "
            "separate effects predict."
        )
    if values[lowest] < 0:
        pair = names([switches[k] for k in pairs[lowest]])
        less = drop(float(values[lowest]), unit)
        sentences.append(
            f"**{pair}** overlap most: together, the val loss is {less} than their separate "
            "effects predict."
        )
    return f"On average over {num_seeds} seeds, {' '.join(sentences)}" if sentences else ""


def pair_signs(unit: str) -> str:
    """Returns the meaning of the signs in the matrix of pairs."""
    plus, minus = ("×", "÷") if unit == "log10" else ("+", "−")
    return f"{plus} they need each other, {minus} they overlap"


def legend(seed: int, seeds: Sequence[int]) -> str:
    """Returns the legend of the chart of all combinations.

    Args:
      seed: that of the reader; the chart marks it if it is in the grid.
    """
    own = f", and ◆ is your seed {seed}" if seed in seeds else ""
    return (
        "Each thin tick is a seed, orange if its run ended in NaN. The gray bar is the middle half "
        f"of the seeds, the blue mark is their median{own}. Click a row or a tick to open it in "
        "the Lab."
    )


def order(fall: "Waterfall", effects: "Sequence[Effect]", unit: str) -> str:
    """Returns the total effect, and the fix whose effect in this order is most misleading."""
    first, last = (words.loss(float(loss)) for loss in fall.loss[[0, -1]])
    whole = drop(float(fall.credits.sum()), unit)
    mean = "geometric mean" if unit == "log10" else "mean"
    sentences = [
        f"In any order, the val loss ({mean} of the seeds) goes from {first} to {last}: {whole}."
    ]
    worth = {effect.switch: effect.mean for effect in effects}
    off = {s: float(c) - worth[s] for s, c in zip(fall.order, fall.credits, strict=True)}
    switch = max(off, key=lambda name: abs(off[name]))
    if drop(off[switch], unit) != "no change":
        way = "overstates" if off[switch] > 0 else "understates"
        credit, value = drop(worth[switch] + off[switch], unit), drop(worth[switch], unit)
        sentences.append(
            f"This order {way} the effect of **{fix(switch)}** most: {credit} here, {value} over "
            "all orders."
        )
    return " ".join(sentences)


def one_seed(seed: int, losses: np.ndarray) -> str:
    """Returns the losses of one seed along an order, `[P + 1]`, NaN where the run ended in NaN."""
    path = " → ".join(words.loss(float(loss)) for loss in losses)
    return f"With only your seed {seed}: {path}."


def step(pair: "Paired", added: Sequence[str], unit: str) -> str:
    """Returns the effect of adding fixes to given ones, with the verdict first."""
    what = f"{names(added)} on top of {words.combination(pair.before)}"
    seeds = len(pair.seeds)
    if changes_nothing(pair):
        return f"**Changes nothing:** {what} gives the same val loss in all {seeds} seeds."
    mean, ends = drop(pair.mean, unit), span(pair.low, pair.high, unit)
    verdict = pair.verdict.capitalize()
    head = (
        f"**{verdict}:** {what}. Mean effect on the val loss over {seeds} seeds: {mean} (95% "
        f"interval: {ends})."
    )
    return " ".join(filter(None, (head, _failures_changed(pair), _enough(pair))))


def changes_nothing(pair: "Paired") -> bool:
    """Returns whether the step changes the result of no seed."""
    return not pair.drop.any() and pair.failures_before == pair.failures_after


def seeds_needed(pair: "Paired") -> str:
    """Returns the number of seeds that a clear verdict needs, or a dash."""
    return f"{pair.seeds_needed:,.0f}" if math.isfinite(pair.seeds_needed) else "–"


def provenance(grid: "Grid", made: str) -> str:
    """Returns which runs the page is based on.

    Args:
      made: how they were computed, from `made_here` or `made_before`.
    """
    runs = f"{len(grid.combinations)} combinations × {len(grid.seeds)} seeds"
    seeds = f"{min(grid.seeds)} to {max(grid.seeds)}"
    return f"{runs} ({seeds}), {settings(grid.settings)}, {made}."


def made_here(device: str) -> str:
    """Returns how a grid was computed on this server."""
    return f"computed on the server ({device})"


def made_before(stored: "Stored") -> str:
    """Returns how a stored grid was computed."""
    shown = {"python": "Python", "jax": "JAX"}
    programs = [f"{name} {stored.versions[key]}" for key, name in shown.items()]
    device = f", on {stored.device}" if stored.device else ""
    return f"computed with {words.listed(programs)}{device}"


def settings(given: Settings) -> str:
    """Returns how settings, apart from the seed, differ from the post's."""
    changed = [
        f"{words.SETTING[field.name]} {words.setting(value)}"
        for field in fields(Settings)
        if field.name != "seed"
        and (value := getattr(given, field.name)) != getattr(Settings(), field.name)
    ]
    return (
        f"the post's settings except {words.listed(changed)}" if changed else "the post's settings"
    )


def progress(done: int, seeds: int, seconds_left: float | None) -> str:
    """Returns the progress of a sweep as a sentence."""
    if done == 0:
        return "Compiling the training once for all combinations …"
    left = "" if seconds_left is None else f", {about(seconds_left)} left"
    return f"{done} of {seeds} seeds done{left}"


def about(seconds: float) -> str:
    """Returns an estimated time as text, rounded up."""
    whole = math.ceil(seconds)
    return f"about {whole} s" if whole < 60 else f"about {words.duration(1000 * whole)}"


def _size(value: float, unit: str) -> str:
    """Returns the size of a decrease or an increase, with the digits that are shown."""
    return number(10 ** abs(value)) if unit == "log10" else words.loss(abs(value))


def _best(helping: "Sequence[Effect]", unit: str, over: str) -> str:
    best = helping[0]
    worth, ends = drop(best.mean, unit), span(best.low, best.high, unit)
    return (
        f"**{fix(best.switch)}** matters most: val loss **{worth}** (95% interval: {ends}) {over}."
    )


def _listed(effects: "Sequence[Effect]", unit: str) -> str:
    return words.listed([f"{fix(effect.switch)} ({drop(effect.mean, unit)})" for effect in effects])


def _failure_rates(grid: "Grid", lost: np.ndarray, switch: str) -> tuple[float, float]:
    """Returns the share of runs that ended in NaN with a switch off, and on."""
    on = np.array([getattr(fixes, switch) for fixes in grid.combinations])
    return float(lost[~on].mean()), float(lost[on].mean())


def _enough(pair: "Paired") -> str:
    if pair.verdict != "no clear effect" or not math.isfinite(pair.seeds_needed):
        return ""
    return f"A clear verdict would need about {seeds_needed(pair)} seeds."


def _failures_changed(pair: "Paired") -> str:
    """Returns how the step changes the number of runs that end in NaN; empty if none do."""
    before, after, seeds = pair.failures_before, pair.failures_after, len(pair.seeds)
    if before == after:
        return f"With and without this step, {after} of {seeds} runs end in NaN." if after else ""
    fewer = "Fewer" if after < before else "More"
    return f"{fewer} runs end in NaN: {after} of {seeds} with this step, {before} without it."
