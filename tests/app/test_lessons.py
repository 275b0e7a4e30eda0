"""A lesson is opened by a link, is plain text, hides controls but keeps their values, and ends."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.shell import lessons
from mlp_core.tasks import OWN
from tests.app.conftest import choose, copied_link, opened_at, settled

LESSON = {"lesson": "Which switch helps most?", "hide": "experiment.fixes", "steps": "500"}


def out_of_sight(app: AppTest) -> set[str]:
    """Returns the groups of the sidebar that are hidden."""
    styles = "".join(element.proto.body for element in app.get("html"))
    return set(re.findall(r"st-key-group_(\w+)", styles))


def press(app: AppTest, label: str) -> AppTest:
    """Returns the app after a click on a button."""
    return next(button for button in app.button if button.label == label).click().run()


def parameters(link: str) -> dict[str, list[str]]:
    """Returns the parameters of a link."""
    return parse_qs(urlsplit(link).query)


def test_hidden_controls_keep_what_the_link_set_them_to() -> None:
    app = opened_at("seeds", **LESSON, adamw="true")

    assert out_of_sight(app) == {"experiment", "fixes"}
    assert (app.session_state["steps"], app.session_state["adamw"]) == (500, True)
    assert [text.value for text in app.text] == [LESSON["lesson"]]

    app.sidebar.toggle(key="bias_before_norm").set_value(True).run()
    app.switch_page("pages/lab.py").run()

    link = parameters(copied_link(app))
    assert app.session_state["steps"] == 500
    assert link["steps"] == ["500"]
    assert link["adamw"] == link["bias_before_norm"] == ["true"]
    assert (link["lesson"], link["hide"]) == ([LESSON["lesson"]], ["fixes.experiment"])


def test_who_leaves_a_lesson_has_every_control_as_it_stood() -> None:
    app = opened_at("seeds", **LESSON, adamw="true")

    press(app, "Leave the lesson")

    assert not out_of_sight(app)
    assert app.sidebar.number_input(key="steps").value == 500
    assert app.sidebar.toggle(key="adamw").value
    assert not app.text
    assert not {"lesson", "hide"} & parameters(copied_link(app)).keys()


def test_a_lesson_is_made_of_the_view_as_it_is() -> None:
    app = opened_at("seeds", adamw="true")
    choose(app, "Make a lesson")

    app.text_area(key="new_lesson_task").set_value("Say *why*. [val loss < -1]").run()
    assert "is not read as a goal" in app.warning[0].value
    app.text_area(key="new_lesson_task").set_value("Say *why*.").run()
    assert not app.warning
    app.session_state["new_lesson_hidden"] = ["data", "stage"]
    app.run()

    link = parameters(app.code[-1].value)
    assert (link["lesson"], link["hide"]) == (["Say *why*."], ["stage.data"])
    assert link["adamw"] == ["true"]


def test_data_stay_in_sight_while_a_file_is_asked_for() -> None:
    app = opened_at("seeds", task=OWN, hide="data.fixes")

    assert out_of_sight(app) == {"fixes"}


def test_what_is_no_group_hides_nothing_and_loses_nothing() -> None:
    app = opened_at("seeds", hide="nonsense.__class__", steps="500")

    assert not out_of_sight(app)
    assert app.sidebar.number_input(key="steps").value == 500
    assert "hide" not in parameters(copied_link(app))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  two\n\tsteps \n\n", "two\nsteps"),
        ("a\nb\nc\nd\ne\nf\ng\nh", "a\nb\nc\nd\ne\nf g h"),
        ("<b>bold</b> [a](http://b.c) **d**", "<b>bold</b> [a](http://b.c) **d**"),
        ("left\u202eright\u2066\u200f", "leftright"),
        ("bell\x07\x1b[31m\u2028line", "bell[31m line"),
        ("\U0001f469\u200d\U0001f393 می\u200cروم", "\U0001f469\u200d\U0001f393 می\u200cروم"),
        ("x" * 5000, "x" * 1000),
    ],
)
def test_a_task_is_a_few_bounded_lines_of_plain_text(written: str, kept: str) -> None:
    assert lessons.plain(written) == kept


STEPS = "Guess first.\nTurn on all fixes. [val loss < 1]"


def test_a_lesson_leads_through_its_steps() -> None:
    app = settled(opened_at("lab", lesson=STEPS))
    assert [text.value for text in app.text] == ["Guess first."]
    assert app.button(key="lesson_back").disabled

    app.button(key="lesson_next").click().run()

    assert [text.value for text in app.text] == ["Turn on all fixes."]
    assert app.button(key="lesson_next").disabled
    assert app.query_params["lesson_step"] == "2"


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("v1", "Goal: a val loss below 1. Not reached yet: 5.64."),
        ("final", "Goal: a val loss below 1. Reached: 0.57."),
    ],
)
def test_a_goal_is_checked_against_the_run_on_the_page(stage: str, said: str) -> None:
    app = settled(opened_at("lab", lesson=STEPS, lesson_step="2", stage=stage)).run()

    assert said in [each.value for each in (*app.caption, *app.success)]


@pytest.mark.parametrize(
    ("line", "misread"),
    [
        ("Reach it [val loss < 1].", ["[val loss < 1]"]),
        ("Reach it (val loss < 1)", ["val loss < 1)"]),
        ("Reach it [Val Loss<1e-3]", ["[Val Loss<1e-3]"]),
        ("Reach it [banana > 3", ["[banana > 3"]),
        ("Reach it. [val loss < 1]", []),
        ("Which switch lowers the val loss most? See [1] and a[0]", []),
    ],
)
def test_a_mistyped_goal_is_told_to_its_author(line: str, misread: list[str]) -> None:
    assert lessons.misread_goals(f"First.\n{line}") == misread


@pytest.mark.parametrize("line", ["[val loss < x]", "[val loss < 1] more", "val loss < 1"])
def test_what_is_no_goal_is_shown_as_it_is_written(line: str) -> None:
    assert lessons.steps(line) == [(line, None)]
