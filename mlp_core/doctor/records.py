"""A finding in a reader's script, and the report of all of them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mlp_core.stored import FOLDER

if TYPE_CHECKING:
    from mlp_core.diagnosis.records import Severity

GROUPS = ("keys", "batches", "compilation", "numerics", "program")
"""What `--only` chooses from."""


class Kind(NamedTuple):
    """What all findings of one kind have in common."""

    group: str
    why: str
    remedy: str


KINDS = {
    "key_reused": Kind(
        "keys",
        "Two draws with one key return the same numbers, so the arrays are copies or correlated.",
        "Split the key once for every draw: key, subkey = jax.random.split(key).",
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
        "Derive a key in every step: jax.random.fold_in(key, step), or split and carry the key.",
    ),
    "empty_minibatches": Kind(
        "batches",
        "An empty minibatch has loss NaN and gradient 0: the step learns nothing.",
        "Slice one permutation of all rows in turn, and draw a new permutation in every epoch.",
    ),
    "changing_shapes": Kind(
        "batches",
        "JAX compiles a function once for each combination of shapes.",
        "Pad the minibatches to a few fixed shapes, or drop the incomplete minibatch.",
    ),
    "retraced": Kind(
        "compilation",
        "Each time, Python traces the function and XLA compiles it again.",
        "Call jax.jit once, outside the loop, and pass values that change as arrays.",
    ),
    "not_compiled": Kind(
        "compilation",
        "Python sends each operation to the device, which takes longer than the operation.",
        "Move the whole update into one function under jax.jit.",
    ),
    "read_back_every_step": Kind(
        "compilation",
        "Python waits for the device in every step, so the two never work at the same time.",
        "Keep the values on the device, and read them every 100 steps.",
    ),
    "nonfinite_forward": Kind(
        "numerics",
        "A NaN or an infinity in the loss reaches every parameter with the next update.",
        "Keep the argument away from where the operation is undefined, such as by an epsilon.",
    ),
    "nonfinite_gradient": Kind(
        "numerics",
        "The loss is finite and its gradient is not, so the next update makes every parameter NaN.",
        "Add the epsilon inside the root, sqrt(variance + epsilon), or select a safe argument with "
        "jnp.where before the operation.",
    ),
    "small_denominator": Kind(
        "numerics",
        "A row for which the root is 0 makes the loss NaN.",
        "Divide by sqrt(variance + 1e-5).",
    ),
    "no_gradient": Kind(
        "numerics",
        "A parameter without a gradient does not learn.",
        "Check that the loss uses the parameter, and look for stop_gradient, rounding, and argmax.",
    ),
    "dead_units": Kind(
        "numerics",
        "A ReLU that is 0 for every row has gradient 0, so its unit does not learn.",
        "Lower the learning rate, and initialize with He's scale and biases of 0.",
    ),
    "update_ratio": Kind(
        "numerics",
        "Updates of usual size are about 1/1,000 of the parameters: larger ones jump over "
        "minima, and much smaller ones do not move.",
        "Change the learning rate by factors of 10 until the ratio is near 1e-3.",
    ),
    "worse_than_mean": Kind(
        "numerics",
        "Always predicting the mean of the targets needs no network and has a lower loss.",
        "Fit one minibatch first: a network that cannot reach a loss near 0 there has a bug.",
    ),
    "equal_arrays": Kind(
        "numerics",
        "Arrays that start equal receive related gradients, and do the work of one.",
        "Draw each array with its own key.",
    ),
    "never_updated": Kind(
        "program",
        "The gradients are computed and change nothing.",
        "Assign the result: params = optax.apply_updates(params, updates).",
    ),
    "optimizer_state_dropped": Kind(
        "program",
        "The optimizer starts anew in every step: no momentum, no averages, no schedule.",
        "Carry the state: updates, opt_state = optimizer.update(grads, opt_state, params).",
    ),
    "result_discarded": Kind(
        "program",
        "JAX arrays are immutable: the function returns its result and changes nothing in place.",
        "Assign what the call returns.",
    ),
    "broadcast_loss": Kind(
        "program",
        "Shapes (B,) and (B, 1) become (B, B): every prediction is compared with every target.",
        "Give both the same shape, such as by predictions[:, 0], before they meet.",
    ),
}
"""By name, in the order in which equally severe findings are printed."""

WHERE = tuple(KINDS)


@dataclass(frozen=True)
class ScriptFinding:
    """Something wrong in the script, at one line of it."""

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
        """Returns the finding with its reason and its remedy."""
        kind = KINDS[self.kind]
        return asdict(self) | {"why": kind.why, "remedy": kind.remedy}


Exit = Literal["finished", "stopped", "interrupted", "crashed"]


@dataclass
class Report:
    """What was found; `mlp_core.watch` fills it when its block ends."""

    findings: list[ScriptFinding] = field(default_factory=list)
    exit: Exit = "finished"
    error: dict[str, Any] | None = None
    """The type, message, file, and line of the error that ended the script."""
    seen: dict[str, int] = field(default_factory=dict)
    """How much was looked at: compiled calls, training steps, random draws."""

    @property
    def is_bad(self) -> bool:
        """Whether a finding is fatal or a fault, or the script has crashed."""
        return is_bad(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """Returns the report as `--json` writes it."""
        found = [finding.as_json() for finding in self.findings]
        return {"findings": found, "exit": self.exit, "error": self.error, "seen": self.seen}

    def __str__(self) -> str:
        from mlp_core.doctor.terminal import printed

        return printed(self.as_json(), is_colored=False)


def is_bad(report: dict[str, Any]) -> bool:
    """Returns what `Report.is_bad` says of a report that `Report.as_json` has returned."""
    worst = any(finding["severity"] in ("fatal", "fault") for finding in report["findings"])
    return worst or report["exit"] == "crashed"


def check_groups(only: Sequence[str], name: str = "only") -> None:
    """Raises ValueError if one of these is not in `GROUPS`.

    Args:
      name: what the caller calls them.
    """
    if wrong := set(only) - set(GROUPS):
        raise ValueError(f"{name} must be of {', '.join(GROUPS)}, got {', '.join(sorted(wrong))}")


def worst_first(findings: Sequence[ScriptFinding]) -> list[ScriptFinding]:
    """Returns the findings by severity, then by kind, then by line."""
    from mlp_core.diagnosis.records import SEVERITIES

    return sorted(
        findings,
        key=lambda one: (SEVERITIES.index(one.severity), WHERE.index(one.kind), one.file, one.line),
    )


EXAMPLE = FOLDER / "doctor_v1.json"
"""The report of the post's first program, as `check --json` wrote it."""
MOST_FINDINGS = 200


def opened(content: str) -> list[ScriptFinding]:
    """Returns the findings of a report that `check --json` wrote; nothing in it is run.

    Raises:
      ValueError: if it is something else.
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
        raise ValueError("the report must be one of this version: it has other kinds of findings")
    return found
