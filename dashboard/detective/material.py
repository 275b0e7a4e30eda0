"""A case's run, trained while the reader watches."""

from typing import TYPE_CHECKING

from dashboard.choice import Choice
from dashboard.work import needed

if TYPE_CHECKING:
    from mlp_core.engine.training import Run


def trained(choice: Choice) -> "Run | None":
    """Returns a run once it is there; until then None, and draws how far it is."""
    runs = needed.trained([choice])
    return None if runs is None else runs[choice]
