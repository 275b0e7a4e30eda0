"""Code: the code that the switches stand for."""

from dashboard.code import page
from dashboard.shell import frame, heading

choice = frame.current_choice()

heading.show(page.QUESTION, choice)
page.show(choice)
