"""The sentences of the Diagnosis page about findings and tools."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dashboard.draw import words as app_words
from dashboard.evidence import check_words
from mlp_core.debuggers import FIT_UPDATES, SEEDS

if TYPE_CHECKING:
    import pandas as pd

    from mlp_core.debuggers import Outcome
    from mlp_core.diagnosis import Finding, Severity

BADGES: dict["Severity", tuple[str, str]] = {
    "fatal": ("ended the run", "red"),
    "fault": ("fault", "orange"),
    "limit": ("limit", "blue"),
    "symptom": ("symptom", "gray"),
    "hazard": ("no harm in this run", "yellow"),
    "cost": ("costs time", "gray"),
}
"""The label and the badge color of each severity."""

NO_SWITCH = "No single switch fixes this. It is often a consequence of a finding above."
"""The note on the card of a finding that no single switch fixes."""


class Tool(NamedTuple):
    """A tool of `mlp_core.debuggers`."""

    name: str
    switched_on_by: str
    """How to turn the tool on in a project."""


TOOLS = {
    "debug_nans": Tool("jax_debug_nans", 'jax.config.update("jax_debug_nans", True)'),
    "debug_infs": Tool("jax_debug_infs", 'jax.config.update("jax_debug_infs", True)'),
    "key_reuse_PRNGKey": Tool(
        "jax_debug_key_reuse, PRNGKey", 'jax.config.update("jax_debug_key_reuse", True)'
    ),
    "key_reuse_key": Tool(
        "jax_debug_key_reuse, random.key", 'jax.config.update("jax_debug_key_reuse", True)'
    ),
    "checkify_float": Tool(
        "checkify, float checks", "checkify.checkify(step, errors=checkify.float_checks)"
    ),
    "checkify_index": Tool(
        "checkify, index checks", "checkify.checkify(step, errors=checkify.index_checks)"
    ),
    "checkify_div": Tool(
        "checkify, division checks", "checkify.checkify(step, errors=checkify.div_checks)"
    ),
    "traced_shapes": Tool("list the traced shapes", "shapes.append(x.shape) in the compiled step"),
    "one_batch": Tool("fit one minibatch", f"{FIT_UPDATES} updates on only the first minibatch"),
    "start_loss": Tool("check the initial loss", "the loss before the first update"),
    "least_squares": Tool("compare with least squares", "numpy.linalg.lstsq on the same rows"),
    "several_seeds": Tool("run several seeds", f"{SEEDS} runs with different seeds"),
    "check": Tool("this app's own check", "python -m mlp_core check train.py"),
}
"""The tools, by their names in the table of tools. The two entries for key reuse differ in how the
program creates its first key."""

SCRIPT = (
    "The command below runs your training script, unchanged, on your own machine and reports bugs "
    "of this kind with their line numbers. This app does not run scripts."
)
SCRIPT_COMMAND = "python -m mlp_core check train.py --json report.json"

PROGRAMS = {"sound": "no bug", "v1": "all bugs (v1)", "nan": "final without init fix, seed 0"}
"""The names of the programs that do not contain exactly one bug."""


class Sign(NamedTuple):
    """How an outcome is drawn."""

    symbol: str
    series: str


OUTCOMES: dict["Outcome", Sign] = {
    "caught": Sign("●", "val"),
    "symptom": Sign("◐", "v1"),
    "false alarm": Sign("✕", "train"),
    "silent": Sign("·", "v1"),
}
"""How each outcome of a trial is drawn."""


def answer(findings: "Sequence[Finding]") -> str:
    """Returns the worst finding and the number of findings, or that there are none."""
    if not findings:
        count = len(check_words.checked())
        return f"**No problems found.** {count} checks examined this run."
    count = len(findings)
    more = "It is the only finding." if count == 1 else f"{count} findings, worst first."
    return f"**{check_words.text(findings[0]).title}.** {more}"


def losses(curves: "pd.DataFrame") -> str:
    """Returns the first and the last loss of each curve.

    Args:
      curves: see `tables.curves`.
    """
    told = []
    for name, line in curves.groupby("line", sort=False):
        first, last = (app_words.loss(float(line["loss"].iloc[place])) for place in (0, -1))
        told.append(f"{name} loss goes from {first} to {last}")
    last_update = int(curves["update"].max())
    return f"Up to update {last_update:,}, {' and '.join(told)}."


def checked(findings: "Sequence[Finding]") -> str:
    """Returns a line for each check, with a mark if it found something."""
    found = {finding.name for finding in findings}
    return "  \n".join(
        f":material/{'error' if name in found else 'check'}: {sentence}"
        for name, sentence in check_words.checked().items()
    )


def tools(matrix: "pd.DataFrame") -> str:
    """Returns how many single bugs the tools catch, and which bugs no tool shows at all.

    Args:
      matrix: see `tables.matrix`.
    """
    alone = matrix[matrix["bug"] != PROGRAMS["sound"]]
    outcomes = alone.groupby("bug", sort=False)["outcome"].agg(set)
    caught = [str(bug) for bug, seen in outcomes.items() if "caught" in seen]
    silent = [str(bug) for bug, seen in outcomes.items() if seen == {"silent"}]
    count = f"At least one tool catches {len(caught)} of the {len(outcomes)} bugs"
    which = f" ({', '.join(caught)})" if caught else ""
    unseen = f" No tool shows any sign of {', '.join(silent)}." if silent else ""
    return f"**{count}**{which}. The tools show at most symptoms of the others.{unseen}"


def report(count: int, name: str | None) -> str:
    """Returns the number of findings in a report.

    Args:
      name: that of the reader's file; None for the example.
    """
    of = "the post's first program, exactly as published" if name is None else name
    findings = "No findings" if not count else f"{count} finding{'' if count == 1 else 's'}"
    return f"{findings} in {of}{', worst first' if count > 1 else ''}:"


def kind(name: str) -> str:
    """Returns the readable name of a kind of finding in a script."""
    words = name.replace("_", " ").replace("nonfinite", "NaN or infinity in the")
    return words[:1].upper() + words[1:]


def tools_legend(versions: dict[str, str]) -> str:
    """Returns the legend of the matrix, and the versions used for the trials."""
    signs = "; ".join(f"{sign.symbol} {name}" for name, sign in OUTCOMES.items())
    return (
        f"{signs}. Caught: the message names the bug or points to its lines. Each program has one "
        f"bug and all other fixes. Tested with JAX {versions['jax']}, Python {versions['python']}."
    )
