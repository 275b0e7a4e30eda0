"""The Seeds page, driven without a browser, compared with the grid that ships, read by pandas."""

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.switches import BEYOND, SWITCH
from dashboard.work import grids
from mlp_core import Settings
from mlp_core.analysis import grid_file
from mlp_core.engine import sweeps
from mlp_core.engine.grid import Grid
from mlp_core.engine.setup import device_name
from mlp_core.switches import NUMERIC_SWITCHES
from tests.app.conftest import Open, copied_link, metric, opened_at, run_until

POST = ["split_keys", "norm_epsilon", "norm_init", "whole_batches", "adamw"]
TINY = {"hidden": "2", "steps": "20", "examples": "100", "batch_size": "8"}
TINY_SETTINGS = Settings(hidden=(2,), steps=20, examples=100, batch_size=8)


@pytest.fixture
def open_seeds(fresh_caches: None) -> Open:
    """Returns a function that opens the page at a link."""
    return lambda **parameters: opened_at("seeds", **parameters)


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    """The runs of the grid that ships; in `scored`, runs that ended in NaN predict the mean."""
    table = pd.read_parquet(grid_file.POST_GRID)
    return table.assign(scored=table["val_loss"].fillna(table["predict_mean"]))


def table(app: AppTest, name: str) -> pd.DataFrame:
    """Returns the rows of one named data set of a chart on the page."""
    for chart in app.get("vega_lite_chart"):
        for dataset in chart.proto.datasets:
            if dataset.name == name:
                return pa.ipc.open_stream(dataset.data.data).read_pandas()
    raise AssertionError(f"no chart was given a table {name}")


def answer(app: AppTest) -> str:
    """Returns the sentence at the top."""
    return next(text.value for text in app.main.markdown if "orders and" in text.value)


def of(runs: pd.DataFrame, *on: str) -> pd.DataFrame:
    """Returns the runs of the combination with exactly these switches on, by seed."""
    wanted = np.logical_and.reduce([runs[s] == (s in on) for s in NUMERIC_SWITCHES])
    return runs[wanted].set_index("seed").sort_index()


def geometric_mean(losses: pd.Series) -> float:
    return float(np.exp(np.log(losses).mean()))


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def choose(app: AppTest, key: str, value: Any) -> AppTest:
    """Returns the app after a selection in a control that AppTest does not support."""
    app.session_state[key] = value
    return app.run()


def test_opens_filled_as_the_first_request(open_seeds: Open, runs: pd.DataFrame) -> None:
    app = open_seeds()

    assert not app.exception
    assert not app.error
    assert len(table(app, "rows")) == 32
    assert len(table(app, "seeds")) == 32 * runs["seed"].nunique()


def test_the_answer_names_the_fix_with_the_largest_worth(open_seeds: Open) -> None:
    app = open_seeds()

    values = table(app, "values")
    best = values.loc[values["value"].idxmax()]
    assert answer(app).startswith(f"**{best['name']}** matters most: val loss **{best['text']}**")
    assert "over all 120 orders" in answer(app)


def test_the_worth_of_all_fixes_adds_up_to_the_whole_drop(
    open_seeds: Open, runs: pd.DataFrame
) -> None:
    app = open_seeds()

    whole = geometric_mean(of(runs)["scored"]) / geometric_mean(of(runs, *POST)["scored"])
    assert table(app, "values")["value"].prod() == pytest.approx(whole, rel=1e-6)


def test_loss_units_add_up_instead(open_seeds: Open, runs: pd.DataFrame) -> None:
    app = choose(open_seeds(), "unit", "plain")

    whole = of(runs)["scored"].mean() - of(runs, *POST)["scored"].mean()
    assert table(app, "values")["value"].sum() == pytest.approx(whole, rel=1e-6)


def test_the_answer_says_how_many_runs_ended_in_nan_with_and_without(
    open_seeds: Open, runs: pd.DataFrame
) -> None:
    app = open_seeds()

    post = runs[~runs[list(BEYOND)].any(axis=1)]
    lost = post["val_loss"].isna()
    on, off = lost[post["norm_init"]].mean(), lost[~post["norm_init"]].mean()
    assert f"{percent(lost.mean())} of the {len(post):,} runs ended in NaN" in answer(app)
    assert f"{percent(on)} with LayerNorm init, {percent(off)} without" in answer(app)


def test_the_rule_for_failed_runs_and_the_versions_stand_there(open_seeds: Open) -> None:
    app = open_seeds()

    captions = " ".join(caption.value for caption in app.caption)
    assert "A run that ended in NaN (or infinity) counts as always predicting the mean" in captions
    assert f"JAX {grid_file.post_grid().versions['jax']}" in captions


def test_a_row_holds_quartiles_and_the_share_that_ended_in_nan(
    open_seeds: Open, runs: pd.DataFrame
) -> None:
    app = open_seeds()

    rows = table(app, "rows").set_index("name")
    expected = of(runs, "split_keys", "whole_batches")
    row = rows.loc["v1 + split keys + whole batches"]
    assert row["median"] == pytest.approx(expected["scored"].median())
    assert row["q3"] == pytest.approx(expected["scored"].quantile(0.75))
    assert row["nan"] == pytest.approx(expected["val_loss"].isna().mean())


@pytest.mark.parametrize(("sort", "column"), [("median", "median"), ("nan", "nan")])
def test_the_rows_are_sorted_as_asked(open_seeds: Open, sort: str, column: str) -> None:
    app = open_seeds()
    app.selectbox(key="sort").set_value(sort).run()

    assert table(app, "rows")[column].is_monotonic_increasing


def test_sorted_by_switches_the_first_row_is_v1_and_the_last_has_all(open_seeds: Open) -> None:
    app = open_seeds()
    app.selectbox(key="sort").set_value("switches").run()

    rows = table(app, "rows")
    assert rows["fixes"].iloc[0] == 0
    assert rows["fixes"].iloc[-1] == len(POST)


def test_the_readers_own_combination_is_marked_whatever_jit_is(open_seeds: Open) -> None:
    app = open_seeds(jit_step="true", norm_init="true", adamw="true")

    rows = table(app, "rows")
    assert rows.loc[rows["mine"], "name"].tolist() == ["v1 + init + AdamW"]


def test_the_fixes_beyond_make_pages_of_rows(open_seeds: Open) -> None:
    app = open_seeds(with_beyond="true")

    assert list(table(app, "values")["fix"]) == [SWITCH[name].short for name in NUMERIC_SWITCHES]
    assert len(table(app, "pairs")) == math.comb(len(NUMERIC_SWITCHES), 2)
    assert len(table(app, "rows")) == 32
    assert table(choose(app, "rows", "97–128"), "rows")["rank"].tolist() == list(range(97, 129))


def test_the_page_with_the_readers_own_combination_is_one_click_away(open_seeds: Open) -> None:
    app = open_seeds(with_beyond="true", split_keys="true")
    assert not table(app, "rows")["mine"].any()

    app.button(key="show_mine").click().run()

    rows = table(app, "rows")
    assert rows.loc[rows["mine"], "name"].tolist() == ["keys"]


def test_a_combination_beyond_the_post_says_where_it_is(open_seeds: Open) -> None:
    app = open_seeds(bias_before_norm="true")

    assert any("To see it here, include these fixes" in caption.value for caption in app.caption)


def test_the_order_can_be_changed_and_is_in_the_link(open_seeds: Open, runs: pd.DataFrame) -> None:
    app = open_seeds()
    app.button(key="move_3_up").click().run()

    steps = table(app, "steps")
    assert steps["step"].tolist() == ["keys", "epsilon", "batches", "init", "AdamW"]
    assert app.query_params["order"] == "keys.epsilon.batches.init.AdamW"
    path = [of(runs, *on)["scored"] for on in ([], ["split_keys"], ["split_keys", "norm_epsilon"])]
    assert steps["before"].tolist()[:3] == pytest.approx(list(map(geometric_mean, path)))


def test_the_posts_order_comes_back(open_seeds: Open) -> None:
    app = open_seeds(order="AdamW.keys.nonsense")
    assert table(app, "steps")["step"].tolist() == ["AdamW", "keys", "epsilon", "init", "batches"]

    next(button for button in app.button if button.label == "Order of the post").click().run()

    assert table(app, "steps")["step"].tolist() == ["keys", "epsilon", "init", "batches", "AdamW"]
    assert "order" not in app.query_params


def test_the_order_tab_says_what_the_readers_own_seed_does(
    open_seeds: Open, runs: pd.DataFrame
) -> None:
    app = open_seeds(seed="7", order="batches.AdamW")

    path = ([], ["whole_batches"], ["whole_batches", "adamw"])
    losses = [of(runs, *on)["val_loss"].loc[7] for on in path]
    said = next(c.value for c in app.caption if c.value.startswith("With only your seed 7: "))
    shown = said.removeprefix("With only your seed 7: ").rstrip(".").split(" → ")
    assert shown[:3] == ["NaN" if np.isnan(loss) else f"{loss:.2f}" for loss in losses]


def test_a_seed_that_the_grid_does_not_have_is_not_spoken_of(open_seeds: Open) -> None:
    app = open_seeds(seed="1000")

    assert not any("your seed" in caption.value for caption in app.caption)


@pytest.mark.parametrize(("unit", "mean"), [("log10", "geometric mean"), ("plain", "mean")])
def test_the_waterfall_says_which_mean_it_shows(open_seeds: Open, unit: str, mean: str) -> None:
    app = choose(open_seeds(), "unit", unit)

    titles = [chart.proto.spec for chart in app.get("vega_lite_chart")]
    assert any(f'"{mean} val loss, log scale"' in spec for spec in titles)


def test_the_tab_of_numbers_says_the_pairs_in_words(open_seeds: Open) -> None:
    app = open_seeds(view="Numbers")

    pairs = next(frame.value for frame in app.dataframe if "pair" in frame.value)
    strongest = table(app, "pairs").sort_values("strength").iloc[-1]
    assert len(pairs) == 10
    assert pairs.iloc[0].tolist() == [strongest["pair"], strongest["meaning"]]


def test_a_step_is_judged_by_its_paired_seeds(open_seeds: Open, runs: pd.DataFrame) -> None:
    app = open_seeds(view="One step")

    before = of(runs, "split_keys", "whole_batches")
    after = of(runs, "split_keys", "whole_batches", "norm_init")
    helped = (after["scored"] < before["scored"]).mean()
    lost = [frame["val_loss"].isna().sum() for frame in (before, after)]
    assert metric(app, "Seeds improved") == percent(helped)
    assert metric(app, "Ended in NaN") == f"{lost[0]} → {lost[1]}"
    assert any(
        "**Helps:** LayerNorm init on top of v1 + split keys + whole batches" in m.value
        for m in app.markdown
    )


def test_a_step_without_any_effect_changes_nothing(open_seeds: Open) -> None:
    # Epsilon in the root has an effect only when LayerNorm epsilon is on.
    app = open_seeds(view="One step", with_beyond="true", base="init", add="root")

    assert any("**Changes nothing:** Epsilon in the root" in m.value for m in app.markdown)


def test_a_step_needs_something_to_add(open_seeds: Open) -> None:
    app = open_seeds(view="One step", base="init", add="init")

    assert not app.exception
    assert "Choose at least one fix to add" in app.info[0].value


def test_a_run_of_a_step_opens_in_the_lab(open_seeds: Open) -> None:
    app = open_seeds(view="One step", seed="7", jit_step="true")
    before = {toggle.key: toggle.value for toggle in app.sidebar.toggle}
    app.button(key="open_after").click().run()
    # The browser is told to follow the link. It may still have the old values, and sends them.
    for toggle in app.sidebar.toggle:
        toggle.set_value(before[toggle.key])
    app.number_input(key="seed").set_value(1)
    app.run()  # a part of the page that refreshes itself
    app.switch_page("pages/lab.py").run()

    on = {toggle.key for toggle in app.sidebar.toggle if toggle.value}
    assert on == {"split_keys", "whole_batches", "norm_init", "jit_step"}
    assert app.number_input(key="seed").value == 7
    assert [title.value for title in app.title] == ["What does each fix do?"]


def test_other_settings_are_said_and_offered(open_seeds: Open) -> None:
    app = open_seeds(learning_rate="0.02")
    assert "Yours are the post's settings except learning rate 0.02" in app.info[0].value

    app.button(key="take_own").click().run()

    assert "Nothing is computed" in app.info[0].value
    assert not app.get("vega_lite_chart")


def test_another_seed_is_no_other_setting(open_seeds: Open) -> None:
    app = open_seeds(seed="7")

    assert not app.info
    assert table(app, "own")["seed"].unique().tolist() == [7]


def test_a_grid_of_the_readers_settings_is_computed_here(open_seeds: Open) -> None:
    app = open_seeds(**TINY, grid="computed here", seeds="4")
    asked = grids.request(TINY_SETTINGS, with_beyond=False, num_seeds=4)
    estimated_before = grids.estimated_seconds(asked)
    app.button(key="begin_sweep").click().run()
    app = _computed(app)

    combinations = sweeps.all_combinations(POST)
    grid = sweeps.sweep(TINY_SETTINGS, combinations, range(4))
    oracle = np.where(np.isfinite(grid.val_loss), grid.val_loss, grid.predict_mean)
    rows = table(app, "rows").set_index("row").sort_index()
    assert rows["median"].tolist() == pytest.approx(np.median(oracle, axis=1).tolist(), rel=1e-4)
    assert "4 seeds" in answer(app)
    captions = "\n".join(caption.value for caption in app.caption)
    assert f"computed on the server ({device_name()})" in captions
    assert grids.estimated_seconds(asked) != estimated_before, "the pace of the sweep is not used"
    assert set(table(app, "values")["verdict"]) == {
        "no clear effect"
    }  # too few seeds for any verdict


def test_a_grid_with_the_fixes_beyond_serves_without_them_too(
    open_seeds: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_seeds(**TINY, grid="computed here", seeds="4", with_beyond="true")
    app.button(key="begin_sweep").click().run()
    wide = table(_computed(app), "rows").set_index("name")

    narrow = table(app.toggle(key="with_beyond").set_value(False).run(), "rows").set_index("name")

    assert len(narrow) == 32
    both = narrow.index.intersection(wide.index)
    assert len(both) > 0
    assert narrow.loc[both, "median"].tolist() == wide.loc[both, "median"].tolist()
    assert any("All 4 seeds are computed" in caption.value for caption in app.caption)


def test_partial_results_show_and_a_cancelled_sweep_goes_on(
    open_seeds: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Semaphore(3)

    def slowly(settings: Settings, combinations: Any, seeds: Any, _: float) -> Iterator[Grid]:
        generator = np.random.default_rng(0)
        for done in range(1, len(seeds) + 1):
            assert gate.acquire(timeout=60)
            losses = generator.uniform(1, 2, (len(combinations), done))
            seeds_done = tuple(seeds[:done])
            yield Grid(settings, combinations, seeds_done, losses, losses, np.full(done, 5.0))

    monkeypatch.setattr(sweeps, "sweep_pieces", slowly)
    app = open_seeds(grid="computed here", seeds="8")
    app.button(key="begin_sweep").click().run()
    run_until(app, lambda: "3 seeds" in _answer_or_nothing(app))

    app.button(key="stop_sweep").click().run()
    gate.release()  # the current chunk is finished and kept
    run_until(app, lambda: "Stopped at 50%." in _progress(app))
    assert "4 seeds" in answer(app)

    gate.release(4)
    app.button(key="go_on_sweep").click().run()
    assert "8 seeds" in answer(_computed(app))


def test_a_sweep_that_fails_says_so_and_can_be_tried_again(
    open_seeds: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sweeps.sweep_pieces

    def broken(*arguments: Any) -> Iterator[Grid]:
        raise ValueError("no room")

    monkeypatch.setattr(sweeps, "sweep_pieces", broken)
    app = open_seeds(**TINY, grid="computed here", seeds="4")
    app.button(key="begin_sweep").click().run()
    run_until(app, lambda: bool(app.error))
    assert "could not be computed: no room" in app.error[0].value

    monkeypatch.setattr(sweeps, "sweep_pieces", real)
    app.button(key="again_sweep").click().run()

    assert "4 seeds" in answer(_computed(app))


def test_a_sweep_of_hours_is_not_begun(open_seeds: Open) -> None:
    app = open_seeds(steps="10000", hidden="64, 64, 64", grid="computed here", seeds="256")

    assert "longer than the server allows" in app.warning[0].value
    assert not [button for button in app.button if button.key == "begin_sweep"]


def test_a_sweep_on_a_busy_server_does_not_forbid_a_longer_one(
    open_seeds: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "perf_counter", lambda: 1e4 * time.perf_counter())
    app = open_seeds(**TINY, grid="computed here", seeds="4")
    app.button(key="begin_sweep").click().run()
    _computed(app)
    longer = replace(TINY_SETTINGS, steps=8000)
    asked = grids.request(longer, with_beyond=False, num_seeds=256)
    assert grids.estimated_seconds(asked) > grids.LONGEST_SECONDS > grids.usual_seconds(asked)

    app = open_seeds(**TINY | {"steps": "8000"}, grid="computed here", seeds="256")

    assert "Compute 8,192 runs" in app.button(key="begin_sweep").label


def test_a_stored_grid_that_cannot_be_read_is_said_in_words(
    open_seeds: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(grid_file, "POST_GRID", tmp_path / "none.parquet")

    app = open_seeds()

    assert not app.exception
    assert "The stored grid cannot be read" in app.error[0].value
    assert app.button(key="take_own").label == "Compute one here"


@pytest.mark.parametrize(
    "nonsense",
    [
        {"unit": "miles", "grid": "x", "sort": "x", "rows": "x", "seeds": "-1"},
        {"base": "x", "add": "x", "order": "a.b." * 500, "view": "nowhere", "with_beyond": "?"},
    ],
)
def test_nonsense_in_a_link_shows_the_defaults(open_seeds: Open, nonsense: dict[str, str]) -> None:
    app = open_seeds(**nonsense)

    assert not app.exception
    assert "over all 120 orders" in answer(app)


def test_the_link_to_copy_keeps_the_page_and_its_view(open_seeds: Open) -> None:
    app = open_seeds(order="AdamW.keys.epsilon.init.batches", view="Numbers", adamw="true")

    assert set(copied_link(app).partition("?")[2].split("&")) == {
        "adamw=true",
        "order=AdamW.keys.epsilon.init.batches",
        "view=Numbers",
    }


def _answer_or_nothing(app: AppTest) -> str:
    return " ".join(text.value for text in app.main.markdown)


def _progress(app: AppTest) -> str:
    return "".join(bar.proto.text for bar in app.get("progress"))


def _computed(app: AppTest) -> AppTest:
    """Reruns the app until its sweep has ended, because no timer reruns it here."""
    return run_until(app, lambda: any("seeds are computed" in c.value for c in app.caption))
