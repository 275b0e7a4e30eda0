"""The Seeds page: the effect of each fix over all orders and many seeds."""

from dashboard.seeds import first_view, parts
from dashboard.shell import frame, heading

choice = frame.current_choice()

heading.show("Which fix matters, whatever the order and the seed?", choice)
view = first_view.show(choice)
if view is not None:
    parts.show(view)
