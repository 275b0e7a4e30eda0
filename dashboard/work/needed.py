"""The runs that a page needs before it can show anything, trained with a progress bar."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.work import panel, runs

if TYPE_CHECKING:
    from mlp_core.engine.training import Run


def trained(choices: Sequence[Choice], patience: float = 2.0) -> "dict[Choice, Run] | None":
    """Returns the runs, or draws the progress and returns None until all are trained.

    If they take long, the reader has to start them. A stopped run counts as missing.

    Args:
      choices: the runs.
      patience: how many seconds to wait before the progress is drawn.
    """
    found = _found(choices)
    if len(found) < len(choices) and panel.show(_panel(choices), _offer(choices), patience):
        found = _found(choices)
    return found if len(found) == len(choices) else None


def trained_one(choice: Choice, patience: float = 2.0) -> "Run | None":
    """Returns a run, or draws the progress and returns None until it is trained."""
    runs = trained([choice], patience)
    return None if runs is None else runs[choice]


def _panel(choices: Sequence[Choice]) -> panel.Panel:
    def begin() -> None:
        for choice in choices:
            runs.begin(choice)

    def told() -> tuple[float, str]:
        ready = len(_found(choices))
        text = f"Training the runs of this page: {ready} of {len(choices)} done."
        return ready / len(choices), text

    return panel.Panel(
        "needed",
        lambda: [runs.job(choice) for choice in choices],
        begin,
        told,
        "A run could not be trained",
    )


def _offer(choices: Sequence[Choice]) -> str | None:
    """Returns the label of the button that starts the runs, or None if they start automatically."""
    each = runs.estimated_seconds(choices[0].settings)
    if each <= runs.LONG_SECONDS or all(map(runs.has_begun, choices)):
        return None
    return f"Train {len(choices)} runs (about {words.duration(1000 * each * len(choices))})"


def _found(choices: Sequence[Choice]) -> "dict[Choice, Run]":
    found = {choice: runs.known(choice) for choice in choices}
    return {choice: run for choice, run in found.items() if run is not None}
