"""The Story, driven without a browser."""

import math
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.draw import predictions
from dashboard.draw.words import NO_CURVE
from dashboard.story import nan, words
from dashboard.story.bugs import PATH
from dashboard.story.claims import BATCHES, KEYS_AND_BATCHES, LAYER_NORM
from mlp_core import STAGES, Fixes, Run, Settings, dataset, predict, train
from mlp_core.analysis import grid_file
from mlp_core.analysis.paired import paired
from mlp_core.analysis.wall import Wall, wall
from mlp_core.engine.grid import Grid
from mlp_core.switches import REPORTED_VAL_LOSS
from tests.app.conftest import Open, opened_at, run_until, table, text

POST = Settings()


@pytest.fixture
def open_story(fresh_caches: None) -> Open:
    """Returns a function that opens the page at a link and waits until its runs are trained."""

    def opened(**parameters: str) -> AppTest:
        app = opened_at("story", **parameters)
        return run_until(app, lambda: app.header)

    return opened


def trained(fixes: Fixes, settings: Settings = POST) -> float:
    """Returns the final validation loss of a run."""
    return train(settings, replace(fixes, jit_step=True)).final_val_loss


def test_reports_the_posts_losses_beside_the_computed_ones(open_story: Open) -> None:
    app = open_story()

    metrics = [(metric.label, metric.value) for metric in app.metric]
    computed = [value for label, value in metrics if label == "Computed here"]
    digits = {"batches": 3}  # the post truncates 0.827 to 0.82
    assert computed == [
        f"{trained(STAGES[name]):.{digits.get(name, 2)}f}" for name in list(STAGES)[:-1]
    ]
    reported = [value for label, value in metrics if label == "The post reports"]
    assert [float(value) for value in reported if value[0].isdigit()] == list(
        REPORTED_VAL_LOSS.values()
    )


@pytest.mark.parametrize(("stage", "reported"), REPORTED_VAL_LOSS.items())
def test_what_the_post_reports_is_what_its_program_gives(stage: str, reported: float) -> None:
    # The post truncates 0.827 to 0.82.
    assert trained(STAGES[stage]) == pytest.approx(reported, abs=0.0099)


def test_each_stage_adds_its_own_fixes_to_those_before() -> None:
    added = [switch for stage in PATH for switch in stage.added]

    assert [stage.name for stage in PATH] == list(STAGES)[1:-1]
    assert added == [
        *("split_keys", "norm_epsilon", "norm_init", "whole_batches", "jit_step", "adamw")
    ]


def test_two_runs_without_a_finite_loss_have_no_empty_chart(open_story: Open) -> None:
    app = open_story(seed="2")

    first, *_ = (chart.proto.datasets for chart in app.get("vega_lite_chart"))
    assert all(data.name != "curves" for data in first)
    assert sum(info.value == NO_CURVE for info in app.info) == 1


def test_says_that_the_quoted_losses_add_up(open_story: Open) -> None:
    said = text(open_story())

    alone = {fixes: f"{trained(fixes):.2f}" for fixes in (LAYER_NORM, BATCHES, KEYS_AND_BATCHES)}
    assert f"**LayerNorm:** val loss 2.86 with the fixes before it, {alone[LAYER_NORM]} by" in said
    assert f"**Whole batches:** val loss 0.83 with the fixes before it, {alone[BATCHES]} by" in said
    assert f"the val loss is {alone[KEYS_AND_BATCHES]} without it and 0.83 with it" in said


def test_says_how_many_runs_end_in_nan_as_the_stored_grid_has_it(open_story: Open) -> None:
    said = text(open_story())

    runs = grid_file.run_table(grid_file.post_grid().grid)
    runs["nan"] = ~np.isfinite(runs["val_loss"])
    posts = runs[~runs["epsilon_in_root"] & ~runs["bias_before_norm"]]
    rate = posts.groupby("norm_init")["nan"].mean() * 100
    assert f"{rate[False]:.0f}% of the runs end in NaN without the LayerNorm init fix" in said
    assert f"and {rate[True]:.0f}% with it" in said
    drawn = posts[~posts["norm_init"]].groupby("norm_epsilon")["nan"].mean() * 100
    in_root = runs[~runs["norm_init"] & runs["norm_epsilon"] & runs["epsilon_in_root"]]
    inside = in_root[~in_root["bias_before_norm"]]["nan"].mean() * 100
    assert f"{drawn[False]:.0f}% of the runs end in NaN without epsilon" in said
    assert f"and {drawn[True]:.0f}% with it**. With epsilon in the root, {inside:.0f}% do" in said


def test_layer_norm_prevents_nan_more_than_it_lowers_the_loss(open_story: Open) -> None:
    said = text(open_story())

    grid = grid_file.post_grid().grid
    posts = [fixes for fixes in grid.combinations if not fixes.epsilon_in_root]
    posts = [fixes for fixes in posts if not fixes.bias_before_norm and fixes.norm_init]
    percent = {}
    for whole in (False, True):
        on = [fixes for fixes in posts if fixes.whole_batches == whole]
        rows = [[grid.combinations.index(f) for f in (x, replace(x, norm_init=False))] for x in on]
        ratios = [grid.val_loss[after] / grid.val_loss[before] for after, before in rows]
        percent[whole] = 100 * (np.nanmedian(ratios) - 1)
    assert f"−{-percent[False]:.0f}% with empty minibatches and 0% with whole batches" in said
    assert abs(percent[True]) < 1  # the title above the sentence holds
    assert percent[False] < -10


def test_a_tick_stands_for_each_seed_of_the_grid(open_story: Open) -> None:
    app = open_story()

    ticks = [
        table(app, place, "seeds")
        for place, chart in enumerate(app.get("vega_lite_chart"))
        if any(data.name == "seeds" for data in chart.proto.datasets)
    ]
    assert [len(rows) for rows in ticks] == [64, 64, 64, 64]  # all stages except jit
    batches = [float(str(row["factor"])) for row in ticks[2]]
    assert max(batches) < 1


def test_the_bias_removes_the_lower_bound(open_story: Open) -> None:
    app = open_story()
    assert "**The prediction ignores the length**" in "\n".join(
        caption.value for caption in app.caption
    )

    app.toggle(key="wall_bias").set_value(True).run()

    end = trained(replace(STAGES["final"], bias_before_norm=True))
    assert f"**The bias removes the bound:** val loss **{end:.4f}**" in text(app)
    assert "**The prediction depends on the length**" in "\n".join(
        caption.value for caption in app.caption
    )


def test_the_residuals_keep_their_axes_when_the_bias_is_turned_on(open_story: Open) -> None:
    app = open_story()

    def shown() -> tuple[object, float]:
        chart = len(app.get("vega_lite_chart")) - 2
        largest = max(abs(float(str(row["residual"]))) for row in table(app, chart, "predictions"))
        return table(app, chart, "span"), largest

    axes, before = shown()
    app.toggle(key="wall_bias").set_value(True).run()

    assert shown()[0] == axes
    assert shown()[1] < before / 3


def test_the_slider_moves_the_input_and_not_the_prediction(open_story: Open) -> None:
    app = open_story()

    app.slider(key="scale").set_value(4.0).run()

    chart = len(app.get("vega_lite_chart")) - 1
    now = {str(row["line"]): float(str(row["value"])) for row in table(app, chart, "now")}
    lines = table(app, chart, "scaled")
    at_one = {str(row["line"]): float(str(row["value"])) for row in lines if row["factor"] == 1}
    assert now["true"] == pytest.approx(4 * at_one["true"], rel=1e-4)
    assert now["predicted"] == pytest.approx(at_one["predicted"], abs=1e-3)


def test_a_button_opens_its_run_in_the_lab(open_story: Open) -> None:
    app = open_story()

    app.button(key="open_norm").click().run()

    assert {toggle.key for toggle in app.toggle if toggle.value} >= {"split_keys", "norm_init"}


def test_other_settings_have_no_numbers_of_the_post_and_no_stored_seeds(open_story: Open) -> None:
    app = open_story(task="product", steps="200")

    assert not app.exception
    assert "The post reports" not in [metric.label for metric in app.metric]
    assert "The quoted losses" not in text(app)
    assert "stored only for the post's settings" in "\n".join(c.value for c in app.caption)
    settings = Settings(task="product", steps=200)
    assert f"**{trained(STAGES['final'], settings):.2f}**" in text(app)


def test_without_a_stored_grid_the_rest_is_told(open_story: Open, monkeypatch) -> None:
    def broken() -> grid_file.Stored:
        raise ValueError("no such file")

    monkeypatch.setattr(grid_file, "post_grid", broken)

    app = open_story()

    assert not app.exception
    assert len(app.header) == 9


def ending_at(loss: float) -> Run:
    """Returns a run in which all losses are equal."""
    run = train(Settings(steps=20), STAGES["final"])
    losses = np.full_like(run.val_loss, loss)
    return replace(run, val_loss=losses, train_loss=losses)


@pytest.mark.parametrize(
    ("without", "with_bias", "exact", "expected"),
    [
        (0.55, 0.1, True, "**The bias removes the bound:** val loss **0.10**, 1/5 of the bound."),
        (0.55, 0.45, True, "**The bias removes the bound:** val loss **0.45**, below the bound."),
        (0.55, 0.5, True, "The val loss is **0.50** with the bias and **0.55** without it."),
        (5.0, 0.1, True, "The val loss is **0.10** with the bias"),
        (0.55, 0.1, False, "The val loss is **0.10** with the bias"),
        (0.55, math.nan, True, "The val loss is **NaN** with the bias"),
    ],
)
def test_says_that_the_bound_is_removed_only_if_it_held_before(
    without: float, with_bias: float, exact: bool, expected: str
) -> None:
    wall = Wall(0.5, exact)

    said = words.behind_wall(ending_at(without), ending_at(with_bias), wall, bias=True)

    assert expected in said


@pytest.mark.parametrize(
    ("loss", "exact", "stops"),
    [(0.57, True, True), (0.95, True, False), (0.5, False, False), (0.1, True, False)],
)
def test_names_the_lower_bound_only_if_it_limits_the_run(
    loss: float, exact: bool, stops: bool
) -> None:
    run, wall = ending_at(loss), Wall(0.4729, exact)
    told = dict.fromkeys((STAGES["v1"], STAGES["final"], STAGES["beyond"]), run)

    assert (
        "close to the lowest loss that this network can be expected to reach"
        in words.answer(told, wall)
    ) == stops
    assert ("Why does the loss stop" in words.wall_title(run, wall)) == stops


def test_the_formula_of_the_lower_bound_includes_the_noise() -> None:
    settings = Settings(noise=2.0)

    said = words.wall(wall(settings), settings)

    assert "D − (E|x|)² + σ² = **4.4729**" in said


def test_the_first_step_of_one_starves_no_other() -> None:
    batches = next(stage for stage in PATH if stage.name == "batches")

    assert "the other minibatches are empty" in batches.told(POST)
    assert "every step gets them" in batches.told(Settings(batch_size=80, examples=100))


@pytest.mark.parametrize(("bias", "spreads"), [(False, True), (True, False)])
def test_the_residuals_spread_only_without_the_bias(bias: bool, spreads: bool) -> None:
    fixes = replace(STAGES["final"], bias_before_norm=bias)
    x = dataset(POST).x_val
    residual = predict(train(POST, fixes).params, x, fixes) - dataset(POST).y_val

    said = predictions.spread(np.linalg.norm(x, axis=1), residual[:, 0])

    assert ("larger errors where x is short or long" in said) == spreads


@pytest.mark.parametrize(
    ("after", "size"), [(0.5, "50% lower"), (0.97, "3% lower"), (3.0, "200% higher")]
)
def test_the_median_of_a_step_is_relative_to_the_loss_before(after: float, size: str) -> None:
    losses = np.array([[1.0] * 4, [after] * 4])
    grid = Grid(Settings(), (Fixes(), BATCHES), (0, 1, 2, 3), losses, losses, np.full(4, 5.0))

    assert f"(median {size})" in words.holds(paired(grid, Fixes(), ("whole_batches",)))


@pytest.mark.parametrize(("unit", "moves"), [(1.0, True), (1000.0, False)])
def test_a_prediction_moves_beside_the_spread_of_the_target(unit: float, moves: bool) -> None:
    said = words.moved(np.array([234_372.0, 234_373.2]), unit)

    assert ("depends on the length" in said) == moves


def test_a_run_that_ends_in_nan_is_told_as_one() -> None:
    lost, wall = ending_at(math.nan), Wall(0.5, exact=True)

    assert words.ended(lost) == "NaN"
    assert "ends at **NaN" in words.behind_wall(lost, lost, wall, bias=False)
    assert words.moved(np.array([math.nan, 1.0]), 1.0) == "Every prediction of this run is NaN."


def test_the_code_to_try_prints_what_is_said_of_it(capsys) -> None:
    exec(compile(nan.CODE, "story", "exec"), {})

    assert capsys.readouterr().out.split() == ["0.0", "nan"]
