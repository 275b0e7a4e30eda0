"""The Lab page: flip a switch and see its effect."""

from functools import partial

from dashboard.lab import details, flipped, introduction, result, tour
from dashboard.shell import frame, heading
from dashboard.work import timings

choice = frame.current_choice()

introduction.show()
heading.show(
    "What does each fix do?",
    choice,
    watch=True,
    more={
        "Measure the time again": partial(timings.measure_again, choice),
        "Take the tour": tour.begin,
    },
)
shown = result.show(choice)
if shown is not None:
    flipped.show(shown)
    details.show(shown)
