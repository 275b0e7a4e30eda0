"""Evidence: what this very run shows of its bugs."""

from dashboard import frame, heading
from dashboard.evidence import page, tools

choice = frame.current_choice()

heading.show("Why does this bug hurt, and would a tool have told you?", choice)
page.show(choice)
tools.show()
