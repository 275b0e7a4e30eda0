"""The Seeds page: the effect of each fix over all orders and many seeds."""

from dashboard.seeds import page
from dashboard.shell import frame, heading

choice = frame.current_choice()

heading.show(page.QUESTION, choice)
page.show(choice)
