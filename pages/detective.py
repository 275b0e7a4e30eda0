"""The Detective: hidden bugs, to be found from what a practitioner sees."""

from dashboard import frame, heading
from dashboard.detective import page

frame.ensure_drawn()

heading.show(page.QUESTION)
page.show()
