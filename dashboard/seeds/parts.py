"""Below the top of the Seeds page: the order of fixes, one step, or the numbers."""

from dashboard.seeds import numbers, order, step
from dashboard.seeds.view import View
from dashboard.shell import grammar, one_of


def show(view: View) -> None:
    """Draws the choice of a part, and the chosen part."""
    names = grammar.options("view")
    parts = dict(zip(names, (order.show, step.show, numbers.show), strict=True))
    parts[one_of.choose("Details", names, "view")](view)
