"""The Speed page: measured times of compiled and uncompiled training."""

from dashboard.shell import frame, heading
from dashboard.speed import page

choice = frame.current_choice()

heading.show(page.QUESTION, choice)
page.show(choice)
