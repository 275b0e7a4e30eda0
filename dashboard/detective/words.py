"""What the Detective page says. Before the verdict, nothing here tells right from wrong."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dashboard.draw import words
from dashboard.evidence import check_words
from dashboard.switches import SWITCH
from mlp_core import Settings
from mlp_core.game import INNOCENT, SEEDS, Case, Outcome

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence
    from mlp_core.engine.training import Run
    from mlp_core.game import Verdict

SECOND_SEED = "second_seed"
LOG_EVERY = 100

PROBE = {
    "profiler": "Operations per update",
    "baselines": "Simple baselines",
    "rows": "Rows per step",
    "cache": "Shapes in the jit cache",
    "ledger": "Ledger of random keys",
    "start": "LayerNorm at the start",
    "zero_variance": "A row without variance",
    "direction": "Direction of the updates",
    "scaled": "Longer and shorter inputs",
    "gradients": "Gradient norms",
    "dead_units": "Dead units",
    "one_batch": "Fit one batch",
    SECOND_SEED: "A second seed",
}
"""What each probe is called, in the order in which they are offered."""

OUTCOMES: dict[Outcome, tuple[str, str, str]] = {
    "right": ("right", "green", "🟩"),
    "missed": ("missed", "orange", "⬜"),
    "innocent": ("innocent", "red", "🟥"),
    "cleared": ("cleared", "gray", ""),
}
"""What each outcome is called, the color of its badge, and its square in the summary."""

GAVE_AWAY: dict[Outcome, str] = {
    "right": "What gave it away.",
    "missed": "What gives it away.",
    "innocent": "What clears it.",
    "cleared": "What clears it.",
}
"""What stands before the reason for each outcome."""

_NUMBERS = ("no", "one", "two", "three")


def title(case: Case) -> str:
    """Returns `Case 17, medium`."""
    return f"Case {case.number}, {case.level.name}"


def state(case: Case, points: int, solved: bool | None) -> str:
    """Returns how a case stands.

    Args:
      solved: whether its accusation was right; None before it.
    """
    if solved is None:
        bugs = case.level.bugs
        hidden = f"{_NUMBERS[bugs]} {'bug is' if bugs == 1 else 'bugs are'} hidden"
        return f"**{title(case)}: {hidden}.** {points} points left."
    return f"**{title(case)}: {'solved' if solved else 'closed'}.** {points} points."


def task(case: Case) -> str:
    """Returns what is to be done, in a line."""
    return (
        "The program of the stage **beyond**, which has the post's fixes and two that the post "
        f"lacks, was trained once with {_NUMBERS[case.level.bugs]} of them turned off. Read its "
        "losses, pay for probes, then accuse."
    )


def streak(count: int) -> str:
    """Returns how many cases in a row were solved."""
    return "One case solved in a row." if count == 1 else f"{count} cases solved in a row."


def how_to_accuse(case: Case) -> str:
    """Returns what an accusation earns, and what it costs."""
    bugs = case.level.bugs
    earned = "Finding the bug" if bugs == 1 else f"Finding all {_NUMBERS[bugs]} bugs"
    part = "" if bugs == 1 else ", finding some of them their share"
    return (
        f"Tick every suspect you are sure of, then accuse once. {earned} earns the points left"
        f"{part}, and finding none earns 0. Each innocent suspect you accuse costs {INNOCENT} "
        "points. The question mark at a suspect says what it does."
    )


def verdict(case: Case, verdicts: "Sequence[Verdict]", gave_up: bool) -> str:
    """Returns how an accusation went."""
    outcomes = [verdict.outcome for verdict in verdicts]
    found, wrong = outcomes.count("right"), outcomes.count("innocent")
    if gave_up:
        return "Shown, not solved: the bugs are below, with what gives them away."
    if found == case.level.bugs and not wrong:
        return "Right, and nothing but right."
    accused = "nobody innocent" if not wrong else f"{wrong} innocent"
    return f"{found} of {case.level.bugs} found, {accused} accused."


def cleared(verdicts: "Sequence[Verdict]") -> str:
    """Returns who was rightly left alone."""
    names = [SWITCH[verdict.switch].bug for verdict in verdicts if verdict.outcome == "cleared"]
    return f"Rightly left alone: {'; '.join(names)}." if names else ""


def healing(run: "Run", healed: "Run", fixed: Sequence[str], bugs: Sequence[str]) -> str:
    """Returns what fixing bugs did to the val loss.

    Args:
      fixed: those of the bugs that are fixed.
    """
    before, after = (words.loss(each.final_val_loss) for each in (run, healed))
    which = (
        "every bug"
        if len(fixed) == len(bugs)
        else " and ".join(SWITCH[name].short for name in fixed)
    )
    text = f"**With {which} fixed the val loss ends at {after}** in place of {before}."
    same = (run.train_loss == healed.train_loss).all()
    return f"{text} The numbers are the same: what changes is the time." if same else text


def second_seed(run: "Run", other: "Run") -> str:
    """Returns where the same program ends with another seed."""
    here, there = (words.loss(each.final_val_loss) for each in (run, other))
    return f"Val loss {here} here, {there} with another seed."


def second_settings(case: Case) -> Settings:
    """Returns the case's settings with a seed that no case has."""
    return replace(case.settings, seed=case.seed + 1 + max(SEEDS))


def log(run: "Run") -> str:
    """Returns the run's printed log, in the manner of the post."""
    losses = dict(zip(run.updates.tolist(), run.train_loss.tolist(), strict=True))
    lines = [
        f"{update:>9}{_printed(float(run.batch_loss[update])):>12}{_printed(losses[update]):>12}"
        for update in range(0, run.steps_done, LOG_EVERY)
    ]
    ends = {"final train loss": run.final_train_loss, "final val loss": run.final_val_loss}
    lines += [f"{name:<21}{_printed(end):>12}" for name, end in ends.items()]
    return "\n".join(["iteration  batch loss  train loss", *lines])


def _printed(loss: float) -> str:
    return f"{loss:.4g}"


def readings(evidence: "Evidence") -> dict[str, str]:
    """Returns what each probe reads on this run, a sentence with its numbers."""
    from mlp_core.diagnosis.checks.network import gains_and_biases

    probes, losses, rows = evidence.probes, evidence.losses, evidence.rows
    gains, biases = (
        f"{check_words.signed(numbers.min())} and {check_words.signed(numbers.max())}"
        for numbers in gains_and_biases(evidence)
    )
    keys = len({draw.key for draw in evidence.draws})
    return {
        "profiler": _operations(probes.operations),
        "baselines": f"Val loss {words.loss(float(losses.val[-1]))}; predicting the mean "
        f"{words.loss(losses.predict_mean)}, least squares {words.loss(losses.least_squares)}.",
        "rows": f"The smallest minibatch had {words.counted(int(rows.seen.min()), 'row')}, "
        f"the largest {rows.seen.max():,}.",
        "cache": f"In {words.counted(rows.shapes_updates, 'update')} the loss was traced for "
        f"{check_words.shapes(rows.shapes)}.",
        "ledger": f"{len(evidence.draws)} random draws used {words.counted(keys, 'key')}.",
        "start": f"Gains start between {gains}, biases between {biases}.",
        "zero_variance": "Where a layer's units are all equal, the loss is "
        f"{words.loss(probes.zero_variance_loss)} and its gradient's norm "
        f"{words.loss(probes.zero_variance_gradient)}.",
        "direction": _direction(evidence.steps.alignment),
        "scaled": _scaled(evidence),
        "gradients": "Norm of the gradient of each layer, over the updates with rows.",
        "dead_units": check_words.by_layer(evidence.units.dead[0]),
        "one_batch": f"{words.counted(len(probes.one_batch) - 1, 'update')} on the first minibatch "
        f"alone end at {words.loss(float(probes.one_batch[-1]))}; predicting its mean gives "
        f"{words.loss(probes.one_batch_predict_mean)}.",
    }


def _operations(count: int) -> str:
    about = "" if count == 1 else "about "
    return f"One update sends {about}{words.counted(count, 'operation')} to the device."


def _direction(alignment: np.ndarray) -> str:
    if not np.isfinite(alignment).any():
        return "No update had a direction: the first one was already NaN."
    return (
        "Cosine between an update and the direction of steepest descent: median "
        f"{np.nanmedian(alignment):.3f}."
    )


def _scaled(evidence: "Evidence") -> str:
    from mlp_core.diagnosis.checks.network import predictions, scale_response

    probes = evidence.probes
    if not np.isfinite(probes.scaled).all():
        return "The predictions are NaN."
    if np.std(predictions(probes)) == 0:
        return "The prediction is the same for every row."
    return (
        f"Scaling the inputs by {probes.scales.min():g} to {probes.scales.max():g} changes the "
        f"predictions by {words.percent(scale_response(probes))} of their spread."
    )


def reason(verdict: "Verdict", readings: dict[str, str]) -> str:
    """Returns what in this run's numbers makes a verdict what it is."""
    if verdict.symptom is not None:
        return check_words.text(verdict.symptom).found
    return readings[SWITCH[verdict.switch].probe]


def summary(
    case: Case, points: int, streak: int, verdicts: "Sequence[Verdict]", probes: int, link: str
) -> str:
    """Returns a few lines to share: the result and the link to the case, without its solution."""
    outcomes = [verdict.outcome for verdict in verdicts]
    squares = "".join(
        sign for name, (_, _, sign) in OUTCOMES.items() for _ in range(outcomes.count(name)) if sign
    )
    found, wrong = outcomes.count("right"), outcomes.count("innocent")
    return "\n".join(
        [
            f"Fix by Fix, {title(case).lower()}: {points} points {squares}",
            f"{found} of {case.level.bugs} bugs found, {wrong} innocent accused, probes paid for: "
            f"{probes}, streak {streak}",
            link,
        ]
    )
