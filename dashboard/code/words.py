"""The sentences of the Code page."""

from typing import TYPE_CHECKING

from dashboard.draw import words

if TYPE_CHECKING:
    from mlp_core.engine.training import Run

DRESSES = {
    "functions": "Pure functions: the parameters and the optimizer state are arguments and return "
    "values, which is the usual style in JAX.",
    "class": "A class that holds its parameters, as in PyTorch. JAX arrays are immutable, so a "
    "step passes the parameters to a function and stores the result.",
    "scan": "The whole run is one `jax.lax.scan`, so no step waits for Python. Because a run is "
    "then a function of the random numbers of its seed, `jax.vmap` can train many seeds at once, "
    "as the last lines show.",
}
"""A description of each dress (style) of the script."""

MARKS = (
    "A dashed edge marks the lines of a bug, a solid edge those of a fix. Click the line numbers "
    "beside a switch to jump to its lines."
)


def answer(lines: int, run: "Run | None", changed: tuple[int, int], stage: str) -> str:
    """Returns the final loss of the script, and how much it differs from a stage.

    Args:
      lines: the number of lines of the script.
      run: the run with the same switches and settings; None while it is not trained.
      changed: see `differs`.
    """
    return f"This script of **{lines} lines** {_ends(run)}. {differs(changed, stage)}"


def _ends(run: "Run | None") -> str:
    if run is None:
        return "prints the losses that the Lab shows"
    return f"ends at val loss **{words.loss(run.final_val_loss)}**"


def differs(changed: tuple[int, int], stage: str) -> str:
    """Returns how much a script differs from that of a stage.

    Args:
      changed: the numbers of lines removed from the stage's script and of lines added.
    """
    gone, new = changed
    if not gone and not new:
        return f"It is identical to the script of {stage}."
    return f"Compared with {stage}, **{words.counted(new, 'line')} added, {gone:,} removed**."
