"""A finding in a user's script, and the report with all findings."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mlp_core.stored import FOLDER

if TYPE_CHECKING:
    from mlp_core.diagnosis.records import Severity

GROUPS = ("keys", "batches", "compilation", "numerics", "program")
"""The groups of checks that `--only` accepts."""


class Kind(NamedTuple):
    """The properties that all findings of one kind share."""

    group: str
    why: str
    remedy: str


KINDS = {
    "key_reused": Kind(
        "keys",
        "Draws with the same key return the same numbers, so the arrays are copies or correlated.",
        "Split the key before every draw: key, subkey = jax.random.split(key).",
    ),
    "key_split_then_used": Kind(
        "keys",
        "JAX guarantees independent numbers only if a key is not used again after a split.",
        "Draw with one of the keys that the split returned.",
    ),
    "same_key_every_step": Kind(
        "keys",
        "Every step draws the same random numbers, so the noise, the dropout mask, or the order of "
        "the rows never changes.",
        "Derive a new key in every step: jax.random.fold_in(key, step), or split and carry a key.",
    ),
    "empty_minibatches": Kind(
        "batches",
        "An empty minibatch has loss NaN and gradient 0, so the step learns nothing.",
        "Slice one permutation of all rows into minibatches, and draw a new one in every epoch.",
    ),
    "changing_shapes": Kind(
        "batches",
        "JAX compiles a function again for each new combination of argument shapes.",
        "Pad the minibatches to a few fixed shapes, or drop the incomplete minibatch.",
    ),
    "retraced": Kind(
        "compilation",
        "Each trace runs the function's Python code, and XLA then compiles the function again.",
        "Call jax.jit once, outside the loop, and pass values that change as arrays.",
    ),
    "not_compiled": Kind(
        "compilation",
        "Python dispatches each operation separately, which takes longer than the operation.",
        "Move the whole update into one function under jax.jit.",
    ),
    "read_back_every_step": Kind(
        "compilation",
        "Python waits for the device in every step instead of dispatching the next step meanwhile.",
        "Keep the values on the device, and read them only every 100 steps.",
    ),
    "nonfinite_forward": Kind(
        "numerics",
        "A NaN or an infinity in the loss reaches every parameter with the next update.",
        "Keep the argument in the operation's domain, for example with an epsilon.",
    ),
    "nonfinite_gradient": Kind(
        "numerics",
        "The loss is finite but its gradient is not, so the next update makes every parameter NaN.",
        "Add the epsilon inside the root, sqrt(variance + epsilon), or select a safe argument with "
        "jnp.where before the operation.",
    ),
    "small_denominator": Kind(
        "numerics",
        "A single row for which the root is 0 makes the loss NaN.",
        "Divide by sqrt(variance + 1e-5).",
    ),
    "no_gradient": Kind(
        "numerics",
        "A parameter whose gradient is always 0 does not learn.",
        "Check that the loss uses the parameter, and look for stop_gradient, rounding, and argmax.",
    ),
    "dead_units": Kind(
        "numerics",
        "A ReLU whose output is 0 for every row has gradient 0, so its unit does not learn.",
        "Lower the learning rate, and use He initialization with biases of 0.",
    ),
    "update_ratio": Kind(
        "numerics",
        "The norm of a typical update is about 1/1,000 of the norm of the parameters: larger "
        "updates overshoot minima, and much smaller ones hardly change the parameters.",
        "Change the learning rate by factors of 10 until the ratio is near 1e-3.",
    ),
    "worse_than_mean": Kind(
        "numerics",
        "Always predicting the mean of the targets needs no network and has a lower loss.",
        "Train on one minibatch first: a network that cannot reach a loss near 0 on it has a bug.",
    ),
    "equal_arrays": Kind(
        "numerics",
        "Arrays that start equal receive related gradients, so together they do the work of one.",
        "Draw each array with its own key.",
    ),
    "never_updated": Kind(
        "program",
        "The gradients are computed but do not change the parameters.",
        "Assign the result: params = optax.apply_updates(params, updates).",
    ),
    "optimizer_state_dropped": Kind(
        "program",
        "The optimizer restarts in every step, without momentum, moving averages, or a schedule.",
        "Carry the state: updates, opt_state = optimizer.update(grads, opt_state, params).",
    ),
    "result_discarded": Kind(
        "program",
        "JAX arrays are immutable: the function returns its result and changes nothing in place.",
        "Assign the result of the call.",
    ),
    "broadcast_loss": Kind(
        "program",
        "Shapes (B,) and (B, 1) become (B, B), so each prediction is compared with every target.",
        "Give both arrays the same shape first, for example with predictions[:, 0].",
    ),
}
"""The kinds by name, in the order in which equally severe findings are printed."""

WHERE = tuple(KINDS)


@dataclass(frozen=True)
class ScriptFinding:
    """A problem at one line of the script."""

    kind: str
    severity: "Severity"
    file: str
    line: int
    message: str
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """One of `GROUPS`."""
        return KINDS[self.kind].group

    def as_json(self) -> dict[str, Any]:
        """Returns the finding as a dict, with the reason and the remedy of its kind."""
        kind = KINDS[self.kind]
        return asdict(self) | {"why": kind.why, "remedy": kind.remedy}


Exit = Literal["finished", "stopped", "interrupted", "crashed"]


@dataclass
class Report:
    """The findings; `mlp_core.watch` fills in the report when its block ends."""

    findings: list[ScriptFinding] = field(default_factory=list)
    exit: Exit = "finished"
    error: dict[str, Any] | None = None
    """The type, message, file, and line of the error that ended the script."""
    seen: dict[str, int] = field(default_factory=dict)
    """The numbers of compiled calls, training steps, and random draws that were observed."""

    @property
    def is_bad(self) -> bool:
        """Whether a finding is fatal or a fault, or the script crashed."""
        return is_bad(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """Returns the report as `--json` writes it."""
        found = [finding.as_json() for finding in self.findings]
        return {"findings": found, "exit": self.exit, "error": self.error, "seen": self.seen}

    def __str__(self) -> str:
        from mlp_core.doctor.terminal import printed

        return printed(self.as_json(), is_colored=False)


def is_bad(report: dict[str, Any]) -> bool:
    """Returns `Report.is_bad` for a report in the form returned by `Report.as_json`."""
    worst = any(finding["severity"] in ("fatal", "fault") for finding in report["findings"])
    return worst or report["exit"] == "crashed"


def check_groups(only: Sequence[str], name: str = "only") -> None:
    """Raises ValueError if one of these groups is not in `GROUPS`.

    Args:
      name: the name of the argument in the error message.
    """
    if wrong := set(only) - set(GROUPS):
        raise ValueError(f"{name} must be in {', '.join(GROUPS)}, got {', '.join(sorted(wrong))}")


def worst_first(findings: Sequence[ScriptFinding]) -> list[ScriptFinding]:
    """Returns the findings by severity, then by kind, then by line."""
    from mlp_core.diagnosis.records import SEVERITIES

    return sorted(
        findings,
        key=lambda one: (SEVERITIES.index(one.severity), WHERE.index(one.kind), one.file, one.line),
    )


EXAMPLE = FOLDER / "doctor_v1.json"
"""The report of the post's first program, written by `check --json`."""
MOST_FINDINGS = 200


def opened(content: str) -> list[ScriptFinding]:
    """Returns the findings of a report written by `check --json`; executes nothing in the report.

    Raises:
      ValueError: if the content is not such a report.
    """
    from mlp_core.diagnosis.records import SEVERITIES

    try:
        found = [
            ScriptFinding(
                str(one["kind"]),
                one["severity"],
                str(one["file"]),
                int(one["line"]),
                str(one["message"]),
            )
            for one in json.loads(content)["findings"][:MOST_FINDINGS]
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            "the file must be a report of `python -m mlp_core check --json`"
        ) from error
    if any(one.kind not in KINDS or one.severity not in SEVERITIES for one in found):
        raise ValueError("the report must come from this version: it has unknown kinds of findings")
    return found
