"""The Lab's introduction, the tour of the first bug, and the gallery of tasks."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lab import introduction, tour
from dashboard.shell import task_gallery
from dashboard.shell.grammar import GUESSES, TOUR_STEPS
from mlp_core import Fixes, Settings, train
from mlp_core.game import case
from mlp_core.tasks import TASKS
from tests.app.conftest import choose, opened_at, run_until, settled, text, val_loss


def keys(app: AppTest) -> set[str | None]:
    """Returns the keys of all buttons."""
    return {button.key for button in app.button}


def test_the_introduction_says_what_the_post_trained_and_where_it_ended() -> None:
    app = settled(opened_at("lab"))

    assert "a 5-8-6-6-1 network" in introduction.text()
    assert "It ended at loss 5.64. Always predicting the mean gives 5.23." in text(app)


def test_a_closed_introduction_stays_closed() -> None:
    app = settled(opened_at("lab"))

    app.button(key="close_introduction").click().run()
    assert "find_first_bug" not in keys(app)
    remembered = [each.proto.body for each in app.get("html") if "cookie" in each.proto.body]
    app.run()

    assert len(remembered) == 1
    assert "find_first_bug" not in keys(app)


def test_the_tour_predicts_flips_and_compares() -> None:
    app = settled(opened_at("lab", stage="final", seed="7"))

    app.button(key="find_first_bug").click().run()
    assert val_loss(settled(app)) == "5.64"
    assert "worse than no network" in text(app)
    app.button(key="tour_next").click().run()
    assert app.button(key="tour_next").disabled
    app.radio(key="tour_guess").set_value("falls").run()
    app.button(key="tour_next").click().run()
    assert app.button(key="tour_next").disabled
    app.toggle(key="tour_switch").set_value(True).run()
    assert app.toggle(key="whole_batches").value
    settled(app).button(key="tour_next").click().run()

    assert "from 5.64 to 0.80" in text(app)
    assert "**Right.**" in text(app)
    assert app.query_params["guess"] == "falls"
    app.button(key="tour_next").click().run()
    assert "lower with the fix for 37 of 64 seeds. 31 runs end in NaN with the fix, 18" in text(app)
    app.button(key="tour_next").click().run()
    assert "find a bug that nobody has told you about" in text(app)
    assert "whole_batches" not in case(*(app.session_state[key] for key in ("level", "case"))).bugs
    app.button(key="end").click().run()
    assert "tour" not in app.query_params
    assert val_loss(app) == "0.80"


@pytest.mark.parametrize(
    ("place", "other", "said"),
    [
        (1, {"steps": "20"}, "This is the post's first program."),
        (4, {}, "The val loss went from 5.64 to 0.80"),
        (4, {"whole_batches": "true", "adamw": "true"}, "The val loss went from 5.64 to 0.80"),
    ],
)
def test_a_step_of_the_tour_speaks_only_of_its_own_run(
    place: int, other: dict[str, str], said: str
) -> None:
    app = settled(opened_at("lab", tour=str(place), **other))
    assert f"Step {place} of the tour describes another run." in text(app)

    app.button(key="tour_return").click().run()

    assert said in text(settled(app))
    assert not {"steps", "adamw"} & set(app.query_params)


def test_the_tour_begins_again_from_the_menu() -> None:
    app = choose(settled(opened_at("lab", adamw="true")), "Take the tour")

    assert "This is the post's first program." in text(settled(app))


def test_a_step_of_the_tour_can_be_linked_to() -> None:
    app = settled(opened_at("lab", tour="4", guess="rises", whole_batches="true")).run()

    assert "**Not this time.**" in text(app)


@pytest.mark.parametrize(
    ("after", "guess", "side"),
    [
        (0.8, "falls", "below always"),
        (5.0, "falls", "below always"),
        (5.5, "stays", "not below always"),
        (7.0, "rises", "not below always"),
        (float("nan"), "rises", "not below always"),
    ],
)
def test_an_outcome_is_graded_from_the_numbers(after: float, guess: str, side: str) -> None:
    run = train(Settings(steps=3), Fixes(), record_at=(3,))
    runs = [replace(run, val_loss=np.full_like(run.val_loss, value)) for value in (5.6, after)]

    found = tour.outcome(*runs, predict_mean=5.23)

    assert found.guess == guess
    assert f", {side} predicting the mean (5.23)." in found.text


def test_the_tour_has_as_many_steps_and_guesses_as_a_link_may_name() -> None:
    assert len(tour._STEPS) == TOUR_STEPS
    assert tuple(tour.GUESSES) == GUESSES


def test_a_task_is_chosen_in_the_gallery() -> None:
    app = settled(opened_at("lab", steps="20", whole_batches="true"))

    app.button(key="browse_tasks").click().run()
    assert {f"use_{task}" for task in TASKS} <= keys(app)
    app.button(key="use_product").click().run()

    assert settled(app).selectbox(key="task").value == "product"
    assert "use_product" not in keys(app)


@pytest.mark.parametrize("task", TASKS)
def test_a_thumbnail_has_a_dot_for_each_row_within_the_picture(task: str) -> None:
    picture, caption = task_gallery.thumbnail(task)

    assert picture.count("<circle") == min(240, Settings(task=task).num_train)
    assert "nan" not in picture
    assert caption.startswith("the target against feature ")


def test_the_story_says_that_other_data_are_not_the_posts() -> None:
    app = opened_at("story", steps="20", examples="100", batch_size="8", hidden="2")
    run_until(app, lambda: "return_to_post" in keys(app))
    assert any("so the losses are not the post's" in info.value for info in app.info)

    app.button(key="return_to_post").click().run()

    assert "steps" not in app.query_params
    assert app.session_state["steps"] == Settings().steps
