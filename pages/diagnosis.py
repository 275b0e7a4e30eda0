"""The Diagnosis page: the evidence of bugs in one run."""

from dashboard.diagnosis import page
from dashboard.shell import frame, heading

choice = frame.current_choice()

heading.show(page.QUESTION, choice, watch=True)
page.show(choice)
