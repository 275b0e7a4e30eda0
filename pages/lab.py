"""The Lab page: flip a switch and see its effect."""

from collections.abc import Callable
from functools import partial

from dashboard.lab import details, flipped, introduction, result, tour
from dashboard.shell import frame, heading, lessons
from dashboard.work import timings

choice = frame.current_choice()

more: dict[str, Callable[[], None]] = {
    "Measure the time again": partial(timings.measure_again, choice)
}
if not lessons.is_open():  # the tour would reset what a lesson has set
    more["Take the tour"] = tour.begin

introduction.show()
heading.show("What does each fix do?", choice, watch=True, more=more)
shown = result.show(choice)
if shown is not None:
    flipped.show(shown)
    details.show(shown)
