"""What the Evidence page says, from the findings alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dashboard import words as app_words
from dashboard.evidence import check_words

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
"""What each severity is called, and the colour of its badge."""

NO_SWITCH = (
    "No single switch fixes this: it follows from something else, often from a finding above."
)
"""Stands on the card of a finding that no single switch fixes."""

TOOLS = {
    "debug_nans": "jax_debug_nans",
    "debug_infs": "jax_debug_infs",
    "key_reuse_PRNGKey": "jax_debug_key_reuse, PRNGKey",
    "key_reuse_key": "jax_debug_key_reuse, random.key",
    "checkify_float": "checkify, float checks",
    "checkify_index": "checkify, index checks",
    "checkify_div": "checkify, division checks",
    "traced_shapes": "list the traced shapes",
    "one_batch": "fit one batch",
    "start_loss": "look at the start loss",
    "least_squares": "compare with least squares",
    "several_seeds": "run several seeds",
}
"""What each tool of `mlp_core.debuggers` is called."""

PROGRAMS = {"sound": "no bug", "v1": "all bugs (v1)", "nan": "final without init, seed 0"}
"""What the programs are called in which not one bug is alone."""


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
    """Returns the worst finding and how many there are, or that nothing was found."""
    if not findings:
        count = len(check_words.checked())
        return f"**Nothing wrong was found.** {count} checks looked at this very run."
    count = len(findings)
    more = "It is the only finding." if count == 1 else f"{count} findings, worst first."
    return f"**{check_words.text(findings[0]).title}.** {more}"


def losses(curves: "pd.DataFrame") -> str:
    """Returns where the losses begin and end.

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
    """Returns every check as a line, marked where it found something."""
    found = {finding.name for finding in findings}
    return "  \n".join(
        f":material/{'error' if name in found else 'check'}: {sentence}"
        for name, sentence in check_words.checked().items()
    )


def tools(matrix: "pd.DataFrame") -> str:
    """Returns how many bugs the tools catch, which none does, and which no tool even shows.

    Args:
      matrix: see `tool_tables.matrix`.
    """
    alone = matrix[matrix["bug"] != PROGRAMS["sound"]]
    outcomes = alone.groupby("bug", sort=False)["outcome"].agg(set)
    caught = [str(bug) for bug, seen in outcomes.items() if "caught" in seen]
    silent = [str(bug) for bug, seen in outcomes.items() if seen == {"silent"}]
    count = f"{len(caught)} of {len(outcomes)} bugs alone are caught by a tool"
    which = f" ({', '.join(caught)})" if caught else ""
    unseen = f" Of {', '.join(silent)} no tool shows anything." if silent else ""
    return f"**{count}**{which}. The others show a symptom at most.{unseen}"


def tools_legend(versions: dict[str, str]) -> str:
    """Returns what the signs mean and what the tools were tried with."""
    signs = "; ".join(f"{sign.symbol} {name}" for name, sign in OUTCOMES.items())
    return (
        f"{signs}. Caught: the message names the bug or points at its lines. Each bug is alone, "
        f"every other fix on. Tried with JAX {versions['jax']}, Python {versions['python']}."
    )
