"""What a control holds survives pages without that control."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.shell import grammar, mirror
from tests.app.conftest import opened_at

pytestmark = pytest.mark.usefixtures("nothing_trained")

KINDS = {
    "toggle",
    "number_input",
    "text_input",
    "slider",
    "selectbox",
    "segmented_control",
    "pills",
}
NOT_IN_THE_LINK = {"own_file.py", "lesson_form.py", "probes.py", "show.py"}
"""Files whose controls are about a file, a dialog, a case, or the table under a player."""

OTHER_TEXT = {"hidden": "4,4"}
LINK = {"grid": "computed here"}
"""Draws the number of seeds."""


def controls(app: AppTest) -> list[Any]:
    """Returns the enabled controls of the page whose values are in the link."""
    found = [
        each for kind in KINDS for each in getattr(app, kind) if each.key in grammar.PARAMETERS
    ]
    return [each for each in found if not each.disabled]


def other_value(control: Any) -> Any:
    """Returns a valid value that the control does not have."""
    if control.key in OTHER_TEXT:
        return OTHER_TEXT[control.key]
    if options := grammar.options(control.key):
        return next(value for value in options if value != control.value)
    if isinstance(control.value, bool):
        return not control.value
    return control.max if control.value is None else control.value + control.step


def other_page(page: str) -> str:
    return "detective" if page != "detective" else "story"


@pytest.mark.parametrize("page", ["lab", "story", "seeds", "code", "detective"])
def test_a_control_keeps_its_value_on_pages_that_do_not_draw_it(page: str) -> None:
    app = opened_at(other_page(page), **LINK)
    app.switch_page(f"pages/{page}.py").run()
    changed = {control.key: other_value(control) for control in controls(app)}
    for control in controls(app):
        control.set_value(changed[control.key])
    wanted = dict(app.run().query_params)
    assert set(changed) - set(LINK) <= set(wanted)  # those of the link are back at their defaults

    app.switch_page(f"pages/{other_page(page)}.py").run()
    app.run()

    assert dict(app.query_params) == wanted


def drawn() -> Iterator[tuple[str, ast.Call]]:
    """Yields the place and the source of every control of the dashboard."""
    for path in sorted(Path(dashboard.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if named and node.func.attr in KINDS and path.name not in NOT_IN_THE_LINK:
                yield f"{path.name}:{node.lineno}", node


def test_every_control_persists_or_mirrors_a_value() -> None:
    arguments = {place: {each.arg for each in call.keywords} for place, call in drawn()}

    assert len(arguments) > 15
    assert [
        place for place, of in arguments.items() if not of & {"persist_state", "on_change"}
    ] == []


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Returns an empty session."""
    state: dict[str, Any] = {}
    monkeypatch.setattr("dashboard.shell.mirror.st.session_state", state)
    return state


def test_two_clicks_on_a_mirror_count_although_it_is_not_drawn_in_between(
    session: dict[str, Any],
) -> None:
    key = mirror.key("stage", "v1")

    session[key] = "keys"
    first = mirror.clicked(key)
    session[key] = "v1"

    assert first == ("v1", "keys")
    assert mirror.clicked(key) == ("keys", "v1")


def test_what_a_mirror_showed_before_is_no_click(session: dict[str, Any]) -> None:
    first = mirror.key("bar", ["split_keys"])
    session[first] = ["split_keys"]
    second = mirror.key("bar", ["split_keys", "adamw"])
    session[second] = ["adamw", "split_keys"]

    assert second != first
    assert mirror.key("bar", ["split_keys", "adamw"]) == second
    assert mirror.clicked(first) is None
    assert mirror.clicked(second) is None
    session[first] = []
    assert mirror.clicked(first) == (["split_keys"], [])
