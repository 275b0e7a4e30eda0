"""The Lattice: what every fix is worth, whatever the order and the seed."""

from dashboard import frame, heading
from dashboard.lattice import first_view, tabs

choice = frame.current_choice()

heading.show("Which fix matters, whatever the order and the seed?", choice)
view = first_view.show(choice)
if view is not None:
    tabs.show(view)
