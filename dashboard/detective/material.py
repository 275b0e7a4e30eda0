"""The trained run of a case."""

from typing import TYPE_CHECKING

from dashboard.choice import Choice
from dashboard.work import needed

if TYPE_CHECKING:
    from mlp_core.engine.training import Run


def trained(choice: Choice) -> "Run | None":
    """Returns a run, or draws the progress and returns None until it is trained."""
    runs = needed.trained([choice])
    return None if runs is None else runs[choice]
