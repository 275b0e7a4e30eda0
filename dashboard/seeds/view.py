"""The grid and the unit that all parts of the Seeds page show, and how to open a run in the Lab."""

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
    """The data that all parts of the page show."""

    choice: Choice
    """The run in the sidebar."""
    grid: "Grid"
    made: str
    """How the grid was computed, as text."""
    unit: "Unit"
    with_beyond: bool
    effects: "tuple[Effect, ...]"
    """The effect of each switch over all orders."""

    @property
    def switches(self) -> tuple[str, ...]:
        """The switches whose combinations the grid contains."""
        return grids.switches(self.with_beyond)

    @property
    def verdicts(self) -> list[str]:
        """The verdict on each effect: "helps", "hurts", or "no clear effect"."""
        from mlp_core.analysis.intervals import verdict

        seeds = len(self.grid.seeds)
        return [verdict(effect.low, effect.high, seeds) for effect in self.effects]


def open_in_lab(view: View, fixes: Fixes, seed: int | None = None) -> None:
    """Sets the sidebar to a run of the grid and opens the Lab. Only for callbacks.

    Args:
      seed: that of the run; None uses the seed in the sidebar.
    """
    fixes = replace(fixes, jit_step=view.choice.fixes.jit_step)
    seed = view.choice.settings.seed if seed is None else seed
    to_lab.open_run(Choice(fixes, replace(view.grid.settings, seed=seed)))
