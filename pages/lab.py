"""The Lab page: flip a switch and see its effect."""

from dashboard.lab import details, flipped, result, watch
from dashboard.shell import frame, heading

choice = frame.current_choice()

heading.show("What does each fix do?", choice)
shown = result.show(choice)
if shown is not None:
    flipped.show(shown)
    watch.show(shown)
    details.show(shown)
