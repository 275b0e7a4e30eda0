"""The record of everything that the Lab shows about a run, collected before drawing."""

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from dashboard.choice import Choice
from dashboard.lab import history
from dashboard.shell import pins
from dashboard.work import runs
from mlp_core.data.table import Table, table_of

if TYPE_CHECKING:
    from mlp_core.data.dataset import Baselines, Scale
    from mlp_core.engine.training import Run

_COMPARE = "compare_settings"


class View(NamedTuple):
    """A run, the runs to compare it with, and its data."""

    choice: Choice
    run: "Run"
    """The part of the run that is trained so far."""
    running: bool
    """Whether the training continues."""
    others_in_turn: int
    """The number of other training runs that share the processor with it."""
    stages: "dict[str, Run | None]"
    """By stage of the post, under the same settings; None for one that is not trained."""
    pinned: "dict[str, Run]"
    """By name; those that are trained."""
    comparable: tuple[Choice, ...]
    """The stages and the pinned runs."""
    missing: tuple[Choice, ...]
    """The runs of `comparable` that are not trained."""
    baselines: "Baselines"
    scale: "Scale"
    table: Table | None
    """None if the data come from a formula."""
    before: Choice | None
    """The run that the page showed before; None if there was none."""
    previous: history.Shown | None
    """The val loss of `before`; None if there was none, or if it used other data."""
    ghost: "Run | None"
    """The run of `before`, if its curve is drawn behind the curve of this run."""
    watched: bool
    """Whether the reader has opened the player."""

    @property
    def first(self) -> "Run | None":
        """The first version under the same settings, if it is trained."""
        return self.stages["v1"]

    @property
    def is_first(self) -> bool:
        """Whether the run is the first version itself."""
        return self.choice == Choice(settings=self.choice.settings)


def collect(choice: Choice, run: "Run", running: bool) -> View:
    """Returns the record of what the Lab shows about a run."""
    settings, beside = choice.settings, _comparable(choice)
    # Looked up before the runs: one that ends in between must not count as one without a loss.
    missing = tuple(other for other in beside if runs.known(other) is None)
    before, previous = history.before(), history.previous()
    if previous is not None and previous.drawn != tuple(settings.drawn):
        previous = None
    is_drawn_anyway = before in (choice, Choice(settings=settings), *pins.pinned())
    return View(
        choice,
        run,
        running,
        runs.others(choice) if running else 0,
        {name: runs.known(stage) for name, stage in runs.stages(settings).items()},
        pins.trained(settings),
        beside,
        missing,
        runs.baselines(settings),
        runs.target_scale(settings),
        table_of(settings.task),
        before,
        previous,
        runs.known(before) if before and previous and not is_drawn_anyway else None,
        bool(st.session_state["watch"]),
    )


def others(choice: Choice) -> list[Choice]:
    """Returns the runs to compare with: all short ones, and long ones if the reader asked."""
    asked = is_comparison_asked(choice)
    return [
        other
        for other in _comparable(choice)
        if asked or runs.estimated_seconds(other.settings) < runs.LONG_SECONDS
    ]


def is_comparison_asked(choice: Choice) -> bool:
    """Returns whether the reader asked to train the long runs."""
    return bool(st.session_state.get(_COMPARE) == _settings_code(choice))


def ask_for_comparison(choice: Choice) -> None:
    """Begins to train all runs to compare with. Only for callbacks."""
    st.session_state[_COMPARE] = _settings_code(choice)
    for other in _comparable(choice):
        runs.begin(other)


def stop_comparison(choice: Choice) -> None:
    """Cancels the runs to compare with for this session. Only for callbacks."""
    st.session_state.pop(_COMPARE, None)
    for other in _comparable(choice):
        runs.stop(other)


def _comparable(choice: Choice) -> tuple[Choice, ...]:
    return (*runs.stages(choice.settings).values(), *pins.pinned())


def _settings_code(choice: Choice) -> str:
    return Choice(settings=choice.settings).code
