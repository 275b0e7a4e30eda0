"""The Detective page: find hidden bugs from the symptoms of a run."""

from dashboard.detective import page
from dashboard.shell import frame, heading

frame.ensure_drawn()

heading.show(page.QUESTION)
page.show()
