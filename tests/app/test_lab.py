"""The Lab, driven without a browser."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

import mlp_core
from dashboard.choice import Choice
from dashboard.lab import sentences, tables
from dashboard.work import runs
from mlp_core import STAGES, Fixes, Run, Settings, train
from mlp_core.program.changes import changed_lines
from mlp_core.switches import SWITCHES
from tests.app.conftest import (
    ENTRY,
    Open,
    choose,
    copied_link,
    mirror,
    sentence,
    settled,
    table,
    text,
    val_loss,
)

POST = {"v1": "5.64", "norm": "2.86", "batches": "0.83", "jit": "0.83", "final": "0.57"}


def test_opens_at_the_first_version(open_app: Open) -> None:
    app = open_app()

    assert val_loss(app) == "5.64"
    assert not any(toggle.value for toggle in app.toggle)
    assert "worse than always predicting the mean" in sentence(app)
    assert "31 of every 32 minibatches are empty" in sentence(app)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_shows_what_its_training_reaches(open_app: Open, stage: str) -> None:
    app = open_app(jit_step="true")
    app.pills(key="stage").set_value(stage).run()

    shown = float(val_loss(settled(app)))

    fixes = STAGES[stage]
    assert {toggle.key for toggle in app.toggle if toggle.value} == {
        name for name in vars(fixes) if getattr(fixes, name)
    }
    assert val_loss(app) == POST.get(stage, val_loss(app))
    # jit_step changes no loss, so the compiled engine is the oracle for all of them.
    oracle = train(Settings(), replace(fixes, jit_step=True)).final_val_loss
    assert shown == pytest.approx(oracle, abs=0.006)


def test_fixes_that_are_no_stage_mark_none(open_app: Open) -> None:
    app = open_app()

    app.toggle(key="whole_batches").set_value(True).run()

    assert mirror(settled(app).pills, "stage").value is None


def test_runs_that_end_while_the_dots_are_drawn_are_not_called_failed(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app()
    looked_up, known = set(), runs.known

    def known_from_the_second_time_on(choice: Choice) -> Run | None:
        first_time = choice not in looked_up
        looked_up.add(choice)
        return None if first_time else known(choice)

    monkeypatch.setattr(runs, "known", known_from_the_second_time_on)

    app.run()

    nothing_to_compare_with = sentences.standing(train(Settings(), STAGES["final"]), {})
    assert nothing_to_compare_with not in {caption.value for caption in app.caption}


def test_a_link_sets_every_control(open_app: Open) -> None:
    link = {
        "norm_init": "true",
        "whole_batches": "true",
        "jit_step": "true",
        "seed": "7",
        "hidden": "4, 4",
        "steps": "200",
        "batch_size": "100",
        "learning_rate": "0.03",
        "weight_decay": "0.01",
        "schedule": "cosine",
        "clip_norm": "1.5",
        "examples": "1000",
    }

    app = open_app(**link)

    settings = Settings(
        seed=7,
        hidden=(4, 4),
        steps=200,
        batch_size=100,
        learning_rate=0.03,
        weight_decay=0.01,
        schedule="cosine",
        clip_norm=1.5,
        examples=1000,
    )
    fixes = Fixes(norm_init=True, whole_batches=True, jit_step=True)
    oracle = train(settings, fixes).final_val_loss
    assert float(val_loss(app)) == pytest.approx(oracle, rel=0.01)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"whole_batches": "perhaps", "seed": "abc", "steps": "-5", "batch_size": "9999999"},
        {"learning_rate": "1e400", "weight_decay": "-1", "schedule": "zigzag", "clip_norm": "x"},
        {"pins": "zz_v1~v0.5_v1~q7_" + "f" * 3000, "tab": "nowhere", "unknown": "1"},
        {"seed": "", "examples": "NaN", "stage": "nowhere", "learning_rate": "nan"},
    ],
)
def test_nonsense_in_a_link_shows_the_defaults(open_app: Open, nonsense: dict[str, str]) -> None:
    app = open_app(**nonsense)

    assert not app.exception
    assert val_loss(app) == "5.64"


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ({"hidden": "eight"}, "whole numbers separated by commas"),
        ({"hidden": "1000"}, "width"),
        ({"hidden": ""}, "Hidden sizes must be whole numbers"),
        ({"examples": "100"}, "80 training rows"),
    ],
)
def test_settings_that_do_not_fit_are_said_in_words(
    open_app: Open, link: dict[str, str], message: str
) -> None:
    app = open_app(**link)

    assert not app.exception
    assert message in app.error[0].value
    assert "Experiment" in app.error[0].value


def test_a_deep_link_may_be_the_first_request() -> None:
    app = AppTest.from_file(ENTRY, default_timeout=60)
    app.query_params["norm_init"] = "true"

    app.switch_page("pages/lab.py").run()

    assert not app.exception
    assert app.toggle(key="norm_init").value
    assert len(settled(app).metric) == 3


def test_a_run_that_ended_in_nan_says_from_when_on(open_app: Open) -> None:
    link = {"seed": "11", "split_keys": "true", "whole_batches": "true", "jit_step": "true"}

    app = open_app(**link)

    fixes = Fixes(split_keys=True, whole_batches=True, jit_step=True)
    since = train(Settings(seed=11), fixes).outcome.since
    assert since is not None
    assert since > 0
    assert f"The loss is NaN from update {since} on." in sentence(app)
    assert val_loss(app) == "NaN"
    assert all(row["update"] <= since for row in table(app, 0, "curves") if row["line"] == "val")
    mark = {"update": since, "text": f"NaN from update {since} on"}
    assert table(app, 0, "not_finite") == [mark]


def test_a_run_without_any_number_is_a_sentence_and_no_empty_chart(open_app: Open) -> None:
    app = open_app(seed="2", jit_step="true")

    assert "The loss is NaN from update 0 on." in sentence(app)
    assert "no curve to draw" in app.info[0].value
    specs = [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]
    assert len(specs) == 1, "only the comparison with the other stages is left"


def test_the_dots_compare_every_stage_with_the_present_run(open_app: Open) -> None:
    app = open_app(whole_batches="true", jit_step="true")

    rows = {row["label"]: row["text"] for row in table(app, 1, "dots")}

    assert list(rows) == [*STAGES, "yours"]
    assert {name: rows[name] for name in POST} == POST
    assert rows["yours"] == val_loss(app)
    best = f"**beyond** is the best of them at {rows['beyond']}; this run beats 5 of the other 7."
    assert best in [caption.value for caption in app.caption]


def test_a_chart_has_at_most_a_few_hundred_points_a_line(open_app: Open) -> None:
    app = open_app(
        steps="6000",
        hidden="2",
        batch_size="8",
        examples="100",
        whole_batches="true",
        jit_step="true",
    )

    assert len(table(app, 0, "batches")) <= 250
    assert len([row for row in table(app, 0, "curves") if row["line"] == "val"]) <= 250


def test_the_run_before_is_compared_with(open_app: Open) -> None:
    app = open_app(jit_step="true", norm_init="true")
    assert "the run before" not in sentence(app)
    before = float(val_loss(app))

    app.pills(key="stage").set_value("final").run()

    assert "88% below the run before (4.62)" in sentence(settled(app))
    yours = next(row for row in table(app, 1, "dots") if row["label"] == "final (yours)")
    assert yours["before"] == pytest.approx(before, abs=0.005)
    assert {row["line"] for row in table(app, 0, "ghost")} == {"run before"}


def test_v1_is_compared_with_once(open_app: Open) -> None:
    app = open_app()

    app.pills(key="stage").set_value("final").run()

    assert "below v1" in sentence(settled(app))
    assert "the run before" not in sentence(app)
    assert not table(app, 0, "ghost")


def test_the_last_run_stays_until_the_next_one_has_losses(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, may_go_on = open_app(jit_step="true", examples="500", steps="20"), threading.Event()
    drawn, chunks = table(app, 0, "curves"), mlp_core.train_chunks

    def later(settings: Settings, fixes: Fixes) -> Iterator[Run]:
        assert may_go_on.wait(60)
        yield from chunks(settings, fixes)

    monkeypatch.setattr(mlp_core, "train_chunks", later)

    app.number_input(key="steps").set_value(30).run()

    assert table(app, 0, "curves") == drawn
    assert len(app.metric) == 3
    assert "Until then, the page shows " in app.main.get("progress")[0].proto.text
    may_go_on.set()
    assert max(row["update"] for row in table(settled(app), 0, "curves")) == 30


@pytest.mark.parametrize(
    ("key", "value"), [("seed", 7), ("task", "product"), ("noise", 0.5), ("examples", 400)]
)
def test_losses_on_other_data_are_not_compared(open_app: Open, key: str, value: object) -> None:
    app = open_app(jit_step="true", examples="500", steps="20")

    control = app.selectbox if key == "task" else app.number_input
    control(key=key).set_value(value).run()

    assert "the run before" not in sentence(settled(app))
    assert all(row["before"] is None for row in table(app, 1, "dots"))


def test_the_pointer_reads_no_loss_of_v1_where_there_is_none() -> None:
    run = train(Settings(steps=30, examples=500, batch_size=64), Fixes())

    assert set(tables.readings(run, None)["v1"]) == {"–"}
    assert list(tables.readings(run, run)["v1"]) == list(tables.readings(run, run)["val"])


def test_a_loss_that_is_nan_is_told_from_one_that_was_not_recorded() -> None:
    run = train(Settings(steps=30, examples=500, batch_size=64), Fixes())

    rows = tables.every_step(run).to_csv(index=False).splitlines()

    assert rows[3].endswith(",,NaN,0"), "the second minibatch is empty, and no loss is recorded"
    assert [row.split(",")[0] for row in rows if ",," not in row] == ["update", "20", "30"]


def test_a_pin_stays_until_it_is_removed(open_app: Open) -> None:
    app = open_app(jit_step="true")
    choose(app, "Pin this run")
    app.pills(key="stage").set_value("final").run()

    pinned = [row for row in table(settled(app), 1, "dots") if row["series"] == "pinned"]
    assert [(row["label"], row["text"]) for row in pinned] == [("v1 + compiled step", "5.64")]
    assert app.query_params["pins"] == "jit"

    app.session_state["tab"] = "Compare"
    app.run()
    app.button(key="remove_0").click().run()

    assert "pins" not in app.query_params
    assert not [row for row in table(app, 1, "dots") if row["series"] == "pinned"]


def test_a_pin_opens_again(open_app: Open) -> None:
    app = open_app(pins="keys.epsilon.init.batches.jit.AdamW~s7", jit_step="true", tab="Compare")

    app.button(key="open_0").click().run()

    settled(app)
    assert app.number_input(key="seed").value == 7
    assert mirror(app.pills, "stage").value == "final"


def test_at_most_eight_runs_are_pinned(open_app: Open) -> None:
    codes = [f"jit~s{seed}~t20" for seed in range(12)]

    app = open_app(jit_step="true", steps="20", pins="_".join(codes))

    pinned = [row for row in table(app, 1, "dots") if row["series"] == "pinned"]
    assert len(pinned) == 8
    assert "Pin this run" not in app.menu_button(key="more").options


def test_reset_brings_the_first_version_back(open_app: Open) -> None:
    app = open_app(seed="7", hidden="4", adamw="true", jit_step="true", clip_norm="1")

    next(button for button in app.button if button.label == "Reset all").click().run()

    assert val_loss(settled(app)) == "5.64"


def test_the_link_to_copy_names_what_is_not_default(open_app: Open) -> None:
    app = open_app(seed="7", adamw="true", jit_step="true", pins="v1")

    link = copied_link(app)

    assert link.partition("?")[2] == "seed=7&adamw=true&jit_step=true&pins=v1"


def test_a_flipped_switch_shows_the_lines_that_it_changes_and_why(open_app: Open) -> None:
    app = open_app(jit_step="true", steps="20")
    assert not [code for code in app.code if code.language == "diff"]

    app.toggle(key="adamw").set_value(True).run()

    (diff,) = (code.value for code in settled(app).code if code.language == "diff")
    assert "-optimizer = optax.sgd(LEARNING_RATE)" in diff
    assert "+optimizer = optax.adamw(LEARNING_RATE, weight_decay=WEIGHT_DECAY)" in diff
    assert "**5 · AdamW** is now on. Gradient descent has one step size" in text(app)
    app.toggle(key="adamw").set_value(False).run()
    (undone,) = (code.value for code in settled(app).code if code.language == "diff")
    assert "+optimizer = optax.sgd(LEARNING_RATE)" in undone


def test_fixes_flipped_in_opposite_directions_have_no_common_effect(open_app: Open) -> None:
    app = open_app(adamw="true", jit_step="true")

    app.pills(key="stage").set_value("keys").run()

    assert not settled(app).exception
    assert "of 64 seeds" not in text(app)


def test_a_flipped_switch_is_shown_over_the_seeds_of_the_stored_grid(open_app: Open) -> None:
    app = open_app()

    app.toggle(key="whole_batches").set_value(True).run()

    said = "The val loss is lower with the fix for 37 of 64 seeds. 31 runs end in NaN with the fix"
    assert said in text(settled(app))
    app.toggle(key="whole_batches").set_value(False).run()
    assert said in text(settled(app))


@pytest.mark.parametrize("switch", SWITCHES)
def test_the_changed_lines_are_few(switch: str) -> None:
    off, on = (replace(STAGES["beyond"], **{switch: is_on}) for is_on in (False, True))

    lines = changed_lines(Settings(), off, on)

    assert 2 <= len(lines) <= 13
