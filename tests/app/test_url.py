"""The link describes the session on every page, and the page lists the unusable parts of a link."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.shell import grammar, pins, to_lab, url
from dashboard.switches import SWITCH
from mlp_core import Fixes
from mlp_core.switches import NUMERIC_SWITCHES
from tests.app.conftest import copied_link, mirror, opened_at
from tests.app.links import PAGES

STATE = {
    "whole_batches": "true",
    "task": "sine",
    "seed": "7",
    "batch_size": "8",
    "noise": "0.5",
    "clip_norm": "1",
    "hidden": "4,4",
    "schedule": "cosine",
    "validate": "last",
    "pins": "jit_keys.epsilon.init.batches.jit.AdamW~s7",
    "lesson": "Say why.",
    "lesson_step": "2",
    "hide": "stage",
    "tab": "Compare",
    "watch": "true",
    "tour": "2",
    "guess": "falls",
    "watch_batches": "true",
    "watch_bound": "true",
    "wall_bias": "true",
    "scale": "2.5",
    "with_beyond": "true",
    "unit": "plain",
    "grid": "computed here",
    "seeds": "5",
    "sort": "nan",
    "rows": "33–64",
    "view": "One step",
    "order": ".".join(SWITCH[name].short for name in reversed(NUMERIC_SWITCHES)),
    "base": "",
    "add": "root.bias",
    "dress": "scan",
    "against": "final",
    "level": "hard",
    "case": "12",
}
"""A value for every parameter except some switches and numbers."""

pytestmark = pytest.mark.usefixtures("nothing_trained")


def warnings(app: AppTest) -> str:
    """Returns the page's messages about its link."""
    return "\n".join(warning.value for warning in app.warning if "link" in warning.value)


def test_every_page_keeps_the_whole_link() -> None:
    app = opened_at("lab", **STATE)
    assert not warnings(app)

    for page in [*PAGES, *reversed(PAGES)]:
        app.query_params.clear()  # as if the page had been opened without parameters
        app.switch_page(f"pages/{page}.py").run()

        assert not app.exception, page
        assert app.query_params == STATE, page


@pytest.mark.parametrize("page", PAGES)
def test_a_link_opened_first_on_any_page_is_kept(page: str) -> None:
    app = opened_at(page, **STATE)

    assert not app.exception
    assert app.query_params == STATE


def test_every_parameter_is_tried() -> None:
    other_switches = {*vars(Fixes())} - {"whole_batches"}
    other_numbers = {"steps", "examples", "learning_rate", "weight_decay"}
    assert set(grammar.PARAMETERS) - set(STATE) == other_switches | other_numbers


def test_the_address_follows_the_controls_and_is_what_is_copied() -> None:
    app = opened_at("seeds", seed="7")

    app.sidebar.toggle(key="adamw").set_value(True).run()
    app.sidebar.number_input(key="seed").set_value(42).run()
    mirror(app.sidebar.pills, "stage").set_value("keys").run()

    assert app.query_params == {"split_keys": "true"}
    assert copied_link(app).endswith("?split_keys=true")


def test_the_link_counts_again_when_the_reader_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened_at("seeds", seed="7", view="Numbers")
    app.sidebar.toggle(key="adamw").set_value(True).run()

    monkeypatch.setattr(url, "_has_gone_back", lambda: True)
    app.query_params = {"seed": "7"}
    app.run()

    assert not app.sidebar.toggle(key="adamw").value
    assert app.session_state["view"] == "Order"
    assert app.query_params == {"seed": "7"}


def test_a_link_that_is_late_takes_back_no_click() -> None:
    app = opened_at("seeds", seed="7")
    app.sidebar.toggle(key="adamw").set_value(True).run()

    app.query_params = {"seed": "7"}  # the browser does not have the first click's link yet
    app.sidebar.toggle(key="split_keys").set_value(True).run()

    assert app.query_params == {"seed": "7", "adamw": "true", "split_keys": "true"}


def test_pins_on_an_own_file_survive_going_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "_readable", lambda written: written)
    monkeypatch.setattr(pins, "is_own", lambda task: task == "sine")
    app = opened_at("detective")
    app.session_state["pins"] = ["v1~ksine"]

    monkeypatch.setattr(url, "_has_gone_back", lambda: True)
    app.query_params = {"pins": "jit"}
    app.run()

    assert app.session_state["pins"] == ["jit", "v1~ksine"]
    assert app.query_params == {"pins": "jit"}


@pytest.mark.parametrize(
    ("parameter", "text", "said"),
    [
        ("steps", "50000", "steps** must be a whole number from 1 to 10,000, got 50000"),
        ("steps", "many", "steps** must be a whole number from 1 to 10,000, got many"),
        ("seed", "1.5", "seed** must be a whole number from 0 to 2,147,483,647"),
        ("noise", "nan", "noise** must be a number from 0 to 10, got nan"),
        ("adamw", "maybe", "adamw** must be true or false, got maybe"),
        ("stage", "last", "stage** must be one of v1, keys, norm"),
        ("task", "soup", "task** must be one of sum, product"),
        ("sed", "7", "There is no parameter **sed**"),
        ("pins", "10_zz", "pins** must be a list of at most 8 run codes"),
        ("order", "keys.soup", "order** must be a list of keys, epsilon"),
        ("case", "0", "case** must be a whole number from 1 to 9,999"),
    ],
)
def test_the_page_says_what_it_could_not_use(parameter: str, text: str, said: str) -> None:
    app = opened_at("detective", **{parameter: text}, norm_init="true")

    assert said in warnings(app).replace("\\", "")
    assert app.query_params.get(parameter) != text
    assert app.query_params["norm_init"] == "true"

    app.pills(key="level").set_value("hard").run()

    assert not warnings(app)


def test_a_link_names_a_stage_and_overrides_one_of_its_switches() -> None:
    app = opened_at("seeds", stage="final", adamw="false")

    assert app.sidebar.toggle(key="whole_batches").value
    assert not app.sidebar.toggle(key="adamw").value
    assert app.sidebar.pills(key="stage").value == "jit"
    assert not warnings(app)
    assert app.query_params == {"stage": "final", "adamw": "false"}

    app.sidebar.toggle(key="jit_step").set_value(False).run()

    assert set(app.query_params) == {"split_keys", "norm_epsilon", "norm_init", "whole_batches"}


def test_a_lesson_with_settings_that_make_no_run_has_a_way_out() -> None:
    app = opened_at("lab", hidden="soup", hide="experiment", task="sine", adamw="true")
    assert len(app.error) == 1
    assert "sidebar" not in app.error[0].value

    app.button(key="reset_settings").click().run()

    assert not any("Hidden sizes" in error.value for error in app.error)
    assert app.query_params == {"task": "sine", "adamw": "true", "hide": "experiment"}


def test_on_the_way_to_the_lab_the_address_stays_until_the_lab_is_there() -> None:
    app = opened_at("story", seed="7")
    app.session_state[to_lab._LEAVES] = True
    app.session_state["adamw"] = True

    app.run()

    assert app.query_params == {"seed": "7"}
    links = [link.proto.query_string for link in app.get("page_link")]
    assert links == ["adamw=true&seed=7"] * len(PAGES)
    assert any("click()" in element.proto.body for element in app.get("html"))


def test_a_control_has_the_sessions_value_as_its_default_too() -> None:
    """A busy browser may drop the message that sets a control, and then shows its default."""
    app = opened_at("lab", adamw="true", seed="7", hidden="4,3", task="sine", noise="0.5")
    app.run()

    assert app.sidebar.toggle(key="adamw").proto.default
    assert not app.sidebar.toggle(key="split_keys").proto.default
    assert app.sidebar.number_input(key="seed").proto.default == 7
    assert app.sidebar.number_input(key="noise").proto.default == 0.5
    assert app.sidebar.text_input(key="hidden").proto.default == "4, 3"
    task = app.sidebar.selectbox(key="task").proto
    assert task.options[task.default] == "sine"


@pytest.mark.parametrize(
    ("page", "key", "value"),
    [("lab", "schedule", "cosine"), ("code", "dress", "scan"), ("detective", "level", "hard")],
)
def test_a_control_that_sends_no_choice_keeps_the_one_there_was(
    page: str, key: str, value: str
) -> None:
    app = opened_at(page, **{key: value})

    app.session_state[key] = None
    app.run()

    assert app.session_state[key] == value
    assert app.button_group(key=key).value == value
