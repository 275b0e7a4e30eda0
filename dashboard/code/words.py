"""The Code page's sentences."""

from typing import TYPE_CHECKING

from dashboard.draw import words

if TYPE_CHECKING:
    from mlp_core.engine.training import Run

FORMS = {
    "functions": "Pure functions: parameters and optimizer state go in as arguments and come out "
    "as results, which is how JAX likes its programs.",
    "class": "A class that holds its parameters, as one comes from PyTorch. JAX changes no array "
    "in place, so a step hands the parameters to a function and keeps what comes back.",
    "scan": "The whole run is one `jax.lax.scan`: no step goes back to Python, so none waits for "
    "it. And since a run is then a function of what its seed draws, `jax.vmap` makes of it one "
    "that trains many seeds at once: the last lines do.",
}
"""What each form of the script is."""

MARKS = (
    "Lines with a dashed edge are a bug's, lines with a solid edge a fix's. A click on line "
    "numbers goes there."
)


def answer(lines: int, run: "Run | None", changed: tuple[int, int], stage: str) -> str:
    """Returns what the script ends at, and how far it is from a stage.

    Args:
      lines: of the script.
      run: the training of the same switches and settings; None while it is not there.
      changed: see `differs`.
    """
    return f"This script of **{lines} lines** {_ends(run)}. {differs(changed, stage)}"


def _ends(run: "Run | None") -> str:
    if run is None:
        return "prints the losses that the Lab shows"
    return f"ends at val loss **{words.loss(run.final_val_loss)}**"


def differs(changed: tuple[int, int], stage: str) -> str:
    """Returns how far a script is from that of a stage.

    Args:
      changed: the numbers of lines of the stage's script that are gone, and of new ones.
    """
    gone, new = changed
    if not gone and not new:
        return f"It is exactly the script of {stage}."
    return f"Compared with {stage}, **{words.counted(new, 'line')} added, {gone:,} removed**."
