"""What the Lattice says. Every sentence is made from the numbers passed in."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from dashboard import words
from mlp_core import Fixes, Settings

if TYPE_CHECKING:
    from mlp_core.certainty import Effect, Verdict
    from mlp_core.effects import Waterfall
    from mlp_core.grid import Grid
    from mlp_core.paired import Paired
    from mlp_core.scores import Unit

UNITS: dict["Unit", str] = {"log10": "times lower", "plain": "loss units"}
"""What a drop of the loss is counted in."""

RULE = "A run that died (NaN) counts as always predicting the mean."

WORTH = (
    "How far a fix lowers the val loss: the mean over all orders of turning the fixes on (its "
    "Shapley value) and over all seeds. “Times lower” compares losses as ratios, “loss units” as "
    "differences. The bar is the 95% interval. A gray square: no clear effect. Compile the step is "
    "missing because it changes the time and not the loss."
)

PAIRS = (
    "Two fixes need each other if they do more together than each promises without the other, and "
    "overlap if one does part of the other's work. The mean over all orders and seeds (the Shapley "
    "interaction index). The table below has the verdict on each pair."
)

CORRECTED = (
    "Verdicts that stand side by side are corrected for their number (Holm's method); the 95% "
    "intervals are not."
)

VERDICTS: dict["Verdict", str] = {
    "helps": "Helps",
    "hurts": "Costs",
    "no clear effect": "No clear effect",
    "changes nothing": "Changes nothing",
}
"""What a sentence about each verdict begins with."""

_NEGLIGIBLE = 1e-9  # a drop that only rounding makes differ from 0
_MATTERS = 0.02  # from this difference of the failure rate on, a fix is named for it


def fix(switch: str) -> str:
    """Returns a fix's name without the post's number."""
    return words.FIXES[switch].rpartition(" · ")[2]


def names(switches: Sequence[str]) -> str:
    """Returns the names of some fixes as a sentence lists them."""
    return _and([fix(switch) for switch in switches])


def combination(fixes: Fixes) -> str:
    """Returns the name of a combination."""
    on = [words.SHORT[field.name] for field in fields(Fixes) if getattr(fixes, field.name)]
    return " + ".join(on) or "v1"


def number(value: float) -> str:
    """Returns a factor or a loss with as many digits as a reader can use."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def drop(value: float, unit: str) -> str:
    """Returns a drop of the loss, above 0 where it fell: "2.4 times lower"."""
    if abs(value) < _NEGLIGIBLE:
        return "no change"
    way = "lower" if value > 0 else "higher"
    return f"{_size(value, unit)} {'times ' if unit == 'log10' else ''}{way}"


def mean(effect: "Effect", unit: str) -> str:
    """Returns a mean over seeds with its interval."""
    ends = span(effect.low, effect.high, unit)
    known = ends if math.isnan(effect.low) else f"95% interval {ends}"
    return f"{drop(effect.mean, unit)} ({known})"


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
    """Returns a share in per cent, the sign tied to its number by a space that does not break."""
    if 0 < value < 0.01:
        return "under 1\N{NO-BREAK SPACE}%"
    if 0.99 < value < 1:
        return "over 99\N{NO-BREAK SPACE}%"
    return f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def answer(effects: "Mapping[str, Effect]", unit: str, seeds: int) -> str:
    """Returns which fixes matter most, which others help or cost, and which have no clear effect.

    Args:
      effects: what each switch is worth.
    """
    from mlp_core.certainty import MIN_SEEDS

    over = f"over all {factorial(len(effects)):,} orders and {_seeds(seeds)}"
    if seeds < MIN_SEEDS:
        return f"No verdict {over}: a verdict takes at least {MIN_SEEDS} seeds."
    ranked = dict(sorted(effects.items(), key=lambda item: -item[1].mean))
    having = {v: {s: e for s, e in ranked.items() if e.verdict == v} for v in VERDICTS}
    helping = having["helps"]
    leading = {switch: effect for switch, effect in ranked.items() if effect.leads}
    if leading.keys() <= helping.keys():
        sentences = [_best(leading, unit, over)]
        others = {switch: helping[switch] for switch in helping if switch not in leading}
        if others:
            sentences.append(f"Then {_listed(others, unit)}.")
    elif helping:
        sentences = [f"Clear benefit, {over}: {_listed(helping, unit)}."]
    else:
        sentences = [f"No fix has a clear benefit, {over}."]
    if having["hurts"]:
        sentences.append(f"Clear cost: {_listed(having['hurts'], unit)}.")
    for verdict in ("no clear effect", "changes nothing"):
        if having[verdict]:
            sentences.append(f"{VERDICTS[verdict]}: {names(list(having[verdict]))}.")
    return " ".join(sentences)


def deaths(grid: "Grid", switches: Sequence[str]) -> str:
    """Returns how many runs died, and the fix that decides most about it."""
    dead = ~np.isfinite(grid.val_loss)
    if not dead.any():
        return "No run died."
    rates = {switch: _death_rates(grid, dead, switch) for switch in switches}
    switch = max(rates, key=lambda name: abs(rates[name][0] - rates[name][1]))
    off, on = rates[switch]
    total = f"{share(float(dead.mean()))} of the {dead.size:,} runs died"
    if abs(off - on) < _MATTERS:
        return f"{total}."
    return f"{total}: **{share(on)} with {fix(switch)}, {share(off)} without.**"


def together(pairs: "Mapping[tuple[str, str], Effect]", unit: str) -> str:
    """Returns the pair with the largest clear surplus, and the one with the largest overlap."""
    sentences = []
    for verdict, what in (("helps", "surplus"), ("hurts", "overlap")):
        clear = {pair: e for pair, e in pairs.items() if e.verdict == verdict}
        if clear:
            pair, effect = max(clear.items(), key=lambda item: abs(item[1].mean))
            sentences.append(
                f"Largest clear {what} in the mean: **{names(pair)}**, together "
                f"{mean(effect, unit)} than the two alone promise."
            )
    return " ".join(sentences) or "No pair has a clear surplus or overlap."


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
        "A thin tick is a seed, orange if its run died; the grey bar is the middle half of the "
        f"seeds, the blue mark their median{own}. Click a row or a tick to open it in the Lab."
    )


def order(
    fall: "Waterfall", effects: "Mapping[str, Effect]", surplus: "Mapping[str, Effect]", unit: str
) -> str:
    """Returns what the order adds up to, and where it misleads.

    Args:
      effects: what each switch is worth over all orders.
      surplus: how much more this order credits each switch.
    """
    first, last = (words.loss(float(loss)) for loss in fall.loss[[0, -1]])
    whole = drop(float(fall.credits.sum(axis=0).mean()), unit)
    sentences = [
        f"In any order the {mean_name(unit)} of the seeds goes from {first} to {last}, {whole}."
    ]
    clear = {s: e.mean for s, e in surplus.items() if e.verdict in ("helps", "hurts")}
    if clear:
        switch = max(clear, key=lambda name: abs(clear[name]))
        more = "more" if clear[switch] > 0 else "less"
        worth = effects[switch].mean
        credit, value = drop(worth + clear[switch], unit), drop(worth, unit)
        sentences.append(
            f"This order gives **{fix(switch)}** {more} credit than the mean over all orders: "
            f"{credit} here, {value} over all orders."
        )
    return " ".join(sentences)


def mean_name(unit: str) -> str:
    """Returns what a mean of drops in a unit is called as one of losses."""
    return "geometric mean" if unit == "log10" else "mean"


def one_seed(seed: int, losses: np.ndarray) -> str:
    """Returns the losses of one seed along an order, `[P + 1]`, NaN where the run died."""
    path = " → ".join(words.loss(float(loss)) for loss in losses)
    return f"Your seed {seed} alone: {path}."


def step(pair: "Paired", added: Sequence[str], unit: str) -> str:
    """Returns what one step of the lattice does, with its verdict first."""
    what = f"{names(added)} on top of {combination(pair.before)}"
    return " ".join(filter(None, (judged(pair, unit, f"{what}, "), _enough(pair))))


def judged(pair: "Paired", unit: str, what: str = "") -> str:
    """Returns the verdict on a step, the mean that it is about, and the runs that died."""
    over = f"in the {mean_name(unit)} of {_seeds(len(pair.seeds))}"
    said = f"val loss {mean(pair.effect, unit)} {over}"
    if pair.effect.verdict == "changes nothing":
        said = f"the same val loss {_in_all(len(pair.seeds))}"
    head = f"**{VERDICTS[pair.effect.verdict]}:** {what}{said}."
    return " ".join(filter(None, (head, _deaths_changed(pair))))


def outcomes(pair: "Paired") -> str:
    """Returns in how many seeds the step lowers the loss, raises it, and leaves it."""
    lower, higher = int((pair.drop > 0).sum()), int((pair.drop < 0).sum())
    return (
        f"Blue: lower val loss, {_seeds(lower)}. Orange: higher, {_seeds(higher)}. Gray: the same, "
        f"{_seeds(len(pair.drop) - lower - higher)}."
    )


def seeds_needed(pair: "Paired") -> str:
    """Returns how many seeds it would take to tell."""
    return f"{pair.seeds_needed:,.0f}" if math.isfinite(pair.seeds_needed) else "–"


def provenance(grid: "Grid", versions: dict[str, str] | None) -> str:
    """Returns which runs stand behind the page.

    Args:
      versions: the programs that made a stored grid; None for one computed here.
    """
    runs = f"{len(grid.combinations)} combinations × {len(grid.seeds)} seeds"
    seeds = f"{min(grid.seeds)} to {max(grid.seeds)}"
    made = "computed on the server" if versions is None else _made_with(versions)
    return f"{runs} ({seeds}), {settings(grid.settings)}, {made}."


def settings(given: Settings) -> str:
    """Returns settings by what is not the post's, the seed apart."""
    changed = [
        f"{words.SETTING[field.name]} {words.setting(value)}"
        for field in fields(Settings)
        if field.name != "seed"
        and (value := getattr(given, field.name)) != getattr(Settings(), field.name)
    ]
    return f"the post's settings but for {_and(changed)}" if changed else "the post's settings"


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
    """Returns how large a drop or rise is; of a factor near 1 the first digit that differs."""
    if unit != "log10":
        return words.loss(abs(value))
    factor = 10 ** abs(value)
    if factor >= 1.005 or abs(value) < _NEGLIGIBLE:
        return number(factor)
    return f"{factor:.{math.ceil(-math.log10(factor - 1))}f}"


def _best(leading: "Mapping[str, Effect]", unit: str, over: str) -> str:
    """Returns the fix with the largest effect, or all that cannot be separated from it."""
    sizes = _and([mean(effect, unit) for effect in leading.values()])
    if len(leading) == 1:
        return f"**{names(list(leading))}** matters most, {over}: val loss {sizes}."
    which = "the two" if len(leading) == 2 else "them"
    return (
        f"**{names(list(leading))}** matter most, {over}: val loss {sizes}, with no clear "
        f"difference between {which}."
    )


def _listed(effects: "Mapping[str, Effect]", unit: str) -> str:
    return _and([f"{fix(switch)} ({drop(e.mean, unit)})" for switch, e in effects.items()])


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _in_all(seeds: int) -> str:
    return "in the only seed" if seeds == 1 else f"in all {seeds} seeds"


def _and(parts: Sequence[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _death_rates(grid: "Grid", dead: np.ndarray, switch: str) -> tuple[float, float]:
    """Returns the share of runs that died with a switch off, and on."""
    on = np.array([getattr(fixes, switch) for fixes in grid.combinations])
    return float(dead[~on].mean()), float(dead[on].mean())


def _enough(pair: "Paired") -> str:
    if pair.effect.verdict != "no clear effect" or not math.isfinite(pair.seeds_needed):
        return ""
    return f"About {seeds_needed(pair)} seeds are needed to tell."


def _deaths_changed(pair: "Paired") -> str:
    """Returns how the step changes the number of runs that die."""
    before, after, seeds = pair.failures_before, pair.failures_after, len(pair.seeds)
    if before == after:
        return f"As many runs die as without it, {after} of {seeds}." if after else ""
    if after < before:
        return f"Fewer runs die: {before} of {seeds} did, with it {after}."
    return f"More runs die: {before} of {seeds} did, with it {after}."


def _made_with(versions: dict[str, str]) -> str:
    shown = {"python": "Python", "jax": "JAX"}
    return "made with " + _and([f"{name} {versions[key]}" for key, name in shown.items()])
