"""The Code page: the program that the switches describe."""

from dashboard.code import page
from dashboard.shell import frame, heading

choice = frame.current_choice()

heading.show(page.QUESTION, choice)
page.show(choice)
