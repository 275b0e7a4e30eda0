"""The Lab page: flip a switch and see its effect."""

from dashboard.lab import introduction, page
from dashboard.shell import frame, heading

choice = frame.current_choice()

introduction.show()
heading.show(page.QUESTION, choice, watch=True, more=page.actions(choice))
page.show(choice)
