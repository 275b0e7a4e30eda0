"""The sentences of the Detective page. Before the verdict, none of them reveals a bug."""

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
    "start": "Initial LayerNorm parameters",
    "zero_variance": "A row with zero variance",
    "direction": "Direction of the updates",
    "scaled": "Scaled inputs",
    "gradients": "Gradient norms",
    "dead_units": "Dead units",
    "one_batch": "Fit one minibatch",
    SECOND_SEED: "A second seed",
}
"""The name of each probe, in the order of their buttons."""

OUTCOMES: dict[Outcome, tuple[str, str, str]] = {
    "right": ("right", "green", "🟩"),
    "missed": ("missed", "orange", "⬜"),
    "innocent": ("innocent", "red", "🟥"),
    "cleared": ("cleared", "gray", ""),
}
"""The label of each outcome, the color of its badge, and its square in the summary."""

GAVE_AWAY: dict[Outcome, str] = {
    "right": "Evidence.",
    "missed": "Evidence.",
    "innocent": "Why it is innocent.",
    "cleared": "Why it is innocent.",
}
"""The heading of the reason for each outcome."""

_NUMBERS = ("no", "one", "two", "three")


def title(case: Case) -> str:
    """Returns `Case 17, medium`."""
    return f"Case {case.number}, {case.level.name}"


def state(case: Case, points: int, solved: bool | None) -> str:
    """Returns the state of a case as a sentence.

    Args:
      solved: whether the accusation was correct; None before the accusation.
    """
    if solved is None:
        bugs = case.level.bugs
        hidden = f"{_NUMBERS[bugs]} {'bug is' if bugs == 1 else 'bugs are'} hidden"
        return f"**{title(case)}: {hidden}.** {points} points left."
    return f"**{title(case)}: {'solved' if solved else 'closed'}.** {points} points."


def task(case: Case) -> str:
    """Returns the task of the reader."""
    return (
        "The program of the stage **beyond** has the post's fixes and two more. It was trained "
        f"once with {_NUMBERS[case.level.bugs]} of these fixes turned off. Study its losses, pay "
        "for probes, then accuse."
    )


def streak(count: int) -> str:
    """Returns the number of cases solved in a row, as a sentence."""
    return "One case solved in a row." if count == 1 else f"{count} cases solved in a row."


def how_to_accuse(case: Case) -> str:
    """Returns how an accusation is scored."""
    bugs = case.level.bugs
    earned = "Finding the bug" if bugs == 1 else f"Finding all {_NUMBERS[bugs]} bugs"
    part = "" if bugs == 1 else ", finding some of them earns a share"
    return (
        f"Select the suspects that you are sure of, then accuse them once. {earned} earns the "
        f"remaining points{part}, and finding none earns 0. Each innocent suspect that you accuse "
        f"costs {INNOCENT} points. The question mark beside a suspect explains it."
    )


def verdict(case: Case, verdicts: "Sequence[Verdict]", gave_up: bool) -> str:
    """Returns the result of an accusation."""
    outcomes = [verdict.outcome for verdict in verdicts]
    found, wrong = outcomes.count("right"), outcomes.count("innocent")
    if gave_up:
        return "Not solved. The bugs and their evidence are below."
    if found == case.level.bugs and not wrong:
        return "Correct: you accused every bug and no innocent suspect."
    accused = "no innocent suspect" if not wrong else words.counted(wrong, "innocent suspect")
    return f"{found} of {words.counted(case.level.bugs, 'bug')} found, {accused} accused."


def cleared(verdicts: "Sequence[Verdict]") -> str:
    """Returns the innocent suspects that were not accused."""
    names = [SWITCH[verdict.switch].bug for verdict in verdicts if verdict.outcome == "cleared"]
    return f"Innocent, and not accused: {'; '.join(names)}." if names else ""


def healing(run: "Run", healed: "Run", fixed: Sequence[str], bugs: Sequence[str]) -> str:
    """Returns the effect of fixing bugs on the val loss.

    Args:
      fixed: the bugs that are fixed.
    """
    before, after = (words.loss(each.final_val_loss) for each in (run, healed))
    which = (
        "every bug"
        if len(fixed) == len(bugs)
        else " and ".join(SWITCH[name].short for name in fixed)
    )
    text = f"**With {which} fixed, the final val loss is {after}** instead of {before}."
    same = (run.train_loss == healed.train_loss).all()
    return f"{text} The losses are the same; only the time changes." if same else text


def second_seed(run: "Run", other: "Run") -> str:
    """Returns the final val loss of the same program with another seed."""
    here, there = (words.loss(each.final_val_loss) for each in (run, other))
    return f"The val loss is {here} with this seed and {there} with another seed."


def second_settings(case: Case) -> Settings:
    """Returns the case's settings with a seed that no case has."""
    return replace(case.settings, seed=case.seed + 1 + max(SEEDS))


def log(run: "Run") -> str:
    """Returns the log of the run, formatted like the post's output."""
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
    """Returns the result of each probe as a sentence with this run's numbers."""
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
        "cache": f"In {words.counted(rows.shapes_updates, 'update')}, the loss was traced for "
        f"{check_words.shapes(rows.shapes)}.",
        "ledger": f"{len(evidence.draws)} random draws used {words.counted(keys, 'key')}.",
        "start": f"Gains start between {gains}, biases between {biases}.",
        "zero_variance": "If a layer's units are all equal, the loss is "
        f"{words.loss(probes.zero_variance_loss)} and its gradient norm is "
        f"{words.loss(probes.zero_variance_gradient)}.",
        "direction": _direction(evidence.steps.alignment),
        "scaled": _scaled(evidence),
        "gradients": "The gradient norm of each layer, for updates on minibatches with rows.",
        "dead_units": check_words.by_layer(evidence.units.dead[0]),
        "one_batch": f"{words.counted(len(probes.one_batch) - 1, 'update')} on only the first "
        f"minibatch end at a loss of {words.loss(float(probes.one_batch[-1]))}; predicting its "
        f"mean gives {words.loss(probes.one_batch_predict_mean)}.",
    }


def _operations(count: int) -> str:
    about = "" if count == 1 else "about "
    return f"One update dispatches {about}{words.counted(count, 'operation')} to the device."


def _direction(alignment: np.ndarray) -> str:
    if not np.isfinite(alignment).any():
        return "No update had a direction because the first one was already NaN."
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
    """Returns the evidence for a verdict from this run's numbers."""
    if verdict.symptom is not None:
        return check_words.text(verdict.symptom).found
    return readings[SWITCH[verdict.switch].probe]


def summary(
    case: Case, points: int, streak: int, verdicts: "Sequence[Verdict]", probes: int, link: str
) -> str:
    """Returns a few lines to share: the result and a link to the case, without its solution."""
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
