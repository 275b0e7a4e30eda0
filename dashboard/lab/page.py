"""The layout of the Lab: the result of a run, what the last flip changed, and details."""

from collections.abc import Callable
from functools import partial

from dashboard.choice import Choice
from dashboard.lab import details, flipped, result, tour
from dashboard.shell import lessons
from dashboard.work import timings

QUESTION = "What does each fix do?"


def actions(choice: Choice) -> dict[str, Callable[[], None]]:
    """Returns the actions of the page's menu, by their labels."""
    actions: dict[str, Callable[[], None]] = {
        "Measure the time again": partial(timings.measure_again, choice)
    }
    if not lessons.is_open():  # the tour would reset what a lesson has set
        actions["Take the tour"] = tour.begin
    return actions


def show(choice: Choice) -> None:
    """Draws the page for a run."""
    shown = result.show(choice)
    if shown is not None:
        flipped.show(shown)
        details.show(shown)
