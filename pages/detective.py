"""The Detective: hidden bugs, to be found from what a practitioner sees."""

from dashboard.detective import page
from dashboard.shell import frame, heading

frame.ensure_drawn()

heading.show(page.QUESTION)
page.show()
