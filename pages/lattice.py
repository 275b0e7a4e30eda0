"""The Lattice: what every fix is worth, whatever the order and the seed."""

from dashboard import frame, heading, lattice, lattice_tabs

choice = frame.current_choice()

heading.show("Which fix matters, whatever the order and the seed?", choice)
view = lattice.show(choice)
if view is not None:
    lattice_tabs.show(view)
