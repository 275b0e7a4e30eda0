"""Program: the code that the switches stand for."""

from dashboard import frame, heading
from dashboard.program import page

choice = frame.current_choice()

heading.show(page.QUESTION, choice)
page.show(choice)
