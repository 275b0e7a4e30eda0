"""The Story, driven without a browser."""

import math
import re
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.story import nan, words
from dashboard.story.bugs import PATH
from dashboard.story.claims import BATCHES, KEYS_AND_BATCHES, LAYER_NORM
from mlp_core import STAGES, Fixes, Settings, store, train
from mlp_core.post import REPORTED_VAL_LOSS
from mlp_core.wall import Wall
from tests.app.conftest import ENTRY, SETTLES_WITHIN_SECONDS
from tests.app.test_lab import table

POST = Settings()
Story = Callable[..., AppTest]


@pytest.fixture
def open_story(fresh_caches: None) -> Story:
    """Returns a function that opens the page at a link and waits until its runs are trained."""

    def opened(**parameters: str) -> AppTest:
        app = AppTest.from_file(ENTRY, default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.switch_page("pages/story.py").run()
        deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
        while not (app.exception or app.subheader or app.error or app.info):
            assert time.monotonic() < deadline, "The runs were not trained in time."
            time.sleep(0.1)
            app.run()
        return app

    return opened


def text(app: AppTest) -> str:
    """Returns all sentences of the page."""
    return "\n".join(markdown.value for markdown in app.main.markdown)


def trained(fixes: Fixes, settings: Settings = POST) -> float:
    """Returns the val loss at the end of a run."""
    return train(settings, replace(fixes, jit_step=True)).final_val_loss


def test_reports_the_posts_losses_beside_the_computed_ones(open_story: Story) -> None:
    app = open_story()

    metrics = [(metric.label, metric.value) for metric in app.metric]
    computed = [value for label, value in metrics if label == "Computed here"]
    assert computed == [f"{trained(STAGES[name]):.2f}" for name in list(STAGES)[:-1]]
    reported = [value for label, value in metrics if label == "The post reports"]
    assert [float(value) for value in reported if value[0].isdigit()] == list(
        REPORTED_VAL_LOSS.values()
    )


@pytest.mark.parametrize(("stage", "reported"), REPORTED_VAL_LOSS.items())
def test_what_the_post_reports_is_what_its_program_gives(stage: str, reported: float) -> None:
    # The post cuts 0.827 off to 0.82.
    assert trained(STAGES[stage]) == pytest.approx(reported, abs=0.0099)


def test_each_stage_adds_its_own_fixes_to_those_before() -> None:
    added = [switch for stage in PATH for switch in stage.added]

    assert [stage.name for stage in PATH] == list(STAGES)[1:-1]
    assert added == [
        *("split_keys", "norm_epsilon", "norm_init", "whole_batches", "jit_step", "adamw")
    ]


def test_says_that_the_quoted_losses_add_up(open_story: Story) -> None:
    said = text(open_story())

    alone = {fixes: f"{trained(fixes):.2f}" for fixes in (LAYER_NORM, BATCHES, KEYS_AND_BATCHES)}
    assert f"**LayerNorm:** with the fixes before it 2.86; by itself {alone[LAYER_NORM]}" in said
    assert f"**Whole batches:** with the fixes before it 0.83; by itself {alone[BATCHES]}" in said
    assert f"keys and batches without it end at {alone[KEYS_AND_BATCHES]}, with it at 0.83" in said


def test_says_who_survives_as_the_stored_grid_has_it(open_story: Story) -> None:
    said = text(open_story())

    runs = store.run_table(store.post_grid().grid)
    runs["died"] = ~np.isfinite(runs["val_loss"])
    posts = runs[~runs["epsilon_in_root"] & ~runs["bias_before_norm"]]
    rate = posts.groupby("norm_init")["died"].mean() * 100
    assert f"{rate[False]:.0f} % of the runs die without LayerNorm's init" in said
    assert f"and {rate[True]:.0f} % with it" in said
    drawn = runs[~runs["norm_init"]]
    without = drawn[~drawn["norm_epsilon"]]["died"].mean() * 100
    beside = drawn[drawn["norm_epsilon"] & ~drawn["epsilon_in_root"]]["died"].mean() * 100
    inside = drawn[drawn["norm_epsilon"] & drawn["epsilon_in_root"]]["died"].mean() * 100
    assert f"{without:.0f} % of the runs die without the epsilon and {beside:.0f} % with it" in said
    assert f"with the epsilon in the root, {inside:.0f} %" in said


def test_a_tick_stands_for_each_seed_of_the_grid(open_story: Story) -> None:
    app = open_story()

    ticks = [
        table(app, place, "seeds")
        for place, chart in enumerate(app.get("vega_lite_chart"))
        if any(data.name == "seeds" for data in chart.proto.datasets)
    ]
    assert [len(rows) for rows in ticks] == [64, 64, 64, 64]  # all stages but jit
    batches = [float(str(row["factor"])) for row in ticks[2]]
    assert max(batches) < 1


def test_the_wall_falls_when_its_switch_is_flipped(open_story: Story) -> None:
    app = open_story()
    assert "**The prediction does not move**" in "\n".join(caption.value for caption in app.caption)

    app.toggle(key="wall_bias").set_value(True).run()

    end = trained(replace(STAGES["final"], bias_before_norm=True))
    assert f"**The wall falls:** val loss **{end:.4f}**" in text(app)
    assert "**The prediction follows**" in "\n".join(caption.value for caption in app.caption)


def test_the_slider_moves_the_input_and_not_the_prediction(open_story: Story) -> None:
    app = open_story()

    app.slider(key="scale").set_value(4.0).run()

    chart = len(app.get("vega_lite_chart")) - 1
    now = {str(row["line"]): float(str(row["value"])) for row in table(app, chart, "now")}
    lines = table(app, chart, "scaled")
    at_one = {str(row["line"]): float(str(row["value"])) for row in lines if row["factor"] == 1}
    assert now["true"] == pytest.approx(4 * at_one["true"], rel=1e-4)
    assert now["predicted"] == pytest.approx(at_one["predicted"], abs=1e-3)


def test_a_button_opens_its_run_in_the_lab(open_story: Story) -> None:
    app = open_story()

    app.button(key="open_norm").click().run()

    assert {toggle.key for toggle in app.toggle if toggle.value} >= {"split_keys", "norm_init"}


def test_other_settings_have_no_numbers_of_the_post_and_no_stored_seeds(open_story: Story) -> None:
    app = open_story(task="product", steps="200")

    assert not app.exception
    assert "The post reports" not in [metric.label for metric in app.metric]
    assert "stored for the post's settings alone" in "\n".join(c.value for c in app.caption)
    settings = Settings(task="product", steps=200)
    assert f"**{trained(STAGES['final'], settings):.2f}**" in text(app)


def test_without_a_stored_grid_the_rest_is_told(open_story: Story, monkeypatch) -> None:
    def broken() -> store.Stored:
        raise ValueError("no such file")

    monkeypatch.setattr(store, "post_grid", broken)

    app = open_story()

    assert not app.exception
    assert len(app.subheader) == 9


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(0.1, "**The wall falls:** val loss **0.10**, 5 times below"), (0.6, "was not what held")],
)
def test_says_whether_the_wall_held_the_run_back(loss: float, expected: str) -> None:
    run = train(Settings(steps=20), STAGES["final"])
    ended = replace(run, val_loss=np.full_like(run.val_loss, loss))

    said = words.behind_wall(ended, Wall(0.5, exact=True), with_bias=True)

    assert expected in said


def test_a_dead_run_is_told_as_one() -> None:
    run = train(Settings(steps=20), STAGES["final"])
    dead = replace(
        run,
        val_loss=np.full_like(run.val_loss, math.nan),
        train_loss=np.full_like(run.train_loss, math.nan),
    )

    assert words.ended(dead) == "NaN (it died)"
    assert re.search(r"ends at \*\*NaN", words.behind_wall(dead, Wall(0.5, True), with_bias=False))
    assert words.moved(np.array([math.nan, 1.0])) == "This run predicts no number."


def test_the_code_to_try_prints_what_is_said_of_it(capsys) -> None:
    exec(compile(nan.CODE, "story", "exec"), {})

    assert capsys.readouterr().out.split() == ["0.0", "nan"]
