"""What all parts of the Seeds page show: one grid, counted in one unit; and the way to the Lab."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from dashboard.choice import Choice
from dashboard.shell import to_lab
from dashboard.work import grids
from mlp_core import Fixes

if TYPE_CHECKING:
    from mlp_core.analysis.effects import Effect
    from mlp_core.analysis.scores import Unit
    from mlp_core.engine.grid import Grid


class View(NamedTuple):
    """What the reader looks at."""

    choice: Choice
    """The run in the sidebar."""
    grid: "Grid"
    made: str
    """With what the grid was made, in words."""
    unit: "Unit"
    with_beyond: bool
    effects: "tuple[Effect, ...]"
    """What each switch is worth over all orders."""

    @property
    def switches(self) -> tuple[str, ...]:
        """The switches of which the grid has every combination."""
        return grids.switches(self.with_beyond)

    @property
    def verdicts(self) -> list[str]:
        """For each effect whether it helps, hurts, or has no clear effect."""
        from mlp_core.analysis.intervals import verdict

        seeds = len(self.grid.seeds)
        return [verdict(effect.low, effect.high, seeds) for effect in self.effects]


def open_in_lab(view: View, fixes: Fixes, seed: int | None = None) -> None:
    """Sets the sidebar to a run of the grid, and leaves for the Lab. Only for callbacks.

    Args:
      seed: None for the one in the sidebar.
    """
    fixes = replace(fixes, jit_step=view.choice.fixes.jit_step)
    seed = view.choice.settings.seed if seed is None else seed
    to_lab.open_run(Choice(fixes, replace(view.grid.settings, seed=seed)))
