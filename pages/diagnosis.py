"""The Diagnosis page: the evidence of bugs in one run."""

from dashboard.diagnosis import page, script, tools
from dashboard.shell import frame, heading

choice = frame.current_choice()

heading.show("Why does this bug hurt, and would a tool have told you?", choice, watch=True)
page.show(choice)
tools.show()
script.show()
