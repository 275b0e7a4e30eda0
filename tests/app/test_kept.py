"""What a control holds survives pages without that control."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.shell import grammar
from tests.app.conftest import opened_at

pytestmark = pytest.mark.usefixtures("nothing_trained")

OTHER_TEXT = {"hidden": "4,4"}
LINK = {"grid": "computed here"}
"""Draws the number of seeds."""


def controls(app: AppTest) -> list[Any]:
    """Returns the enabled controls of the page whose values are in the link."""
    groups = (
        app.toggle,
        app.number_input,
        app.text_input,
        app.slider,
        app.selectbox,
        app.segmented_control,
        app.pills,
    )
    found = [each for group in groups for each in group if each.key in grammar.PARAMETERS]
    return [each for each in found if not each.disabled]


def other_value(control: Any) -> Any:
    """Returns a valid value that the control does not have."""
    if control.key in OTHER_TEXT:
        return OTHER_TEXT[control.key]
    if hasattr(control, "options"):
        return next(value for value in control.options if value != control.value)
    if isinstance(control.value, bool):
        return not control.value
    return control.max if control.value is None else control.value + control.step


def other_page(page: str) -> str:
    return "pages/detective.py" if page != "detective" else "pages/story.py"


@pytest.mark.parametrize("page", ["lab", "story", "seeds", "code", "detective"])
def test_a_control_keeps_its_value_on_pages_that_do_not_draw_it(page: str) -> None:
    app = opened_at(other_page(page).removeprefix("pages/").removesuffix(".py"), **LINK)
    app.switch_page(f"pages/{page}.py").run()
    changed = {control.key: other_value(control) for control in controls(app)}
    for control in controls(app):
        control.set_value(changed[control.key])
    wanted = dict(app.run().query_params)

    app.switch_page(other_page(page)).run()
    app.run()

    assert dict(app.query_params) == wanted
