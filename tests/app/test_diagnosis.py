"""The Diagnosis page, driven without a browser."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.diagnosis import tools_chart
from dashboard.diagnosis.words import BADGES, PROGRAMS, TOOLS
from dashboard.evidence import check_words, tables
from dashboard.evidence.pictures import PICTURES
from mlp_core import STAGES, Fixes, Settings, debuggers, diagnosis, train
from mlp_core.debuggers import Cell, Table
from mlp_core.diagnosis import CHECKS, SEVERITIES, Finding, Progress, collect, findings
from mlp_core.switches import STAGED
from tests.app.conftest import ENTRY, SETTLES_WITHIN_SECONDS, opened_at, run_until
from tests.app.test_lab import table

Open = Callable[..., AppTest]
SMALL = Settings(steps=100)
DRAWN = {picture.drawn for pictures in PICTURES.values() for picture in pictures}


def link(stage: str, **parameters: str) -> dict[str, str]:
    """Returns the URL parameters of a stage."""
    on = {name: "true" for name, value in vars(STAGES[stage]).items() if value}
    return on | parameters


def settled(app: AppTest) -> AppTest:
    """Returns the page after it shows evidence or the reason that there is none."""
    deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
    while not (app.exception or app.error or app.warning or _has_evidence(app)):
        assert time.monotonic() < deadline, "The evidence was not gathered in time."
        time.sleep(0.1)
        app.run()
    return app


def _has_evidence(app: AppTest) -> bool:
    return any(expander.label == "What was checked" for expander in app.main.expander)


@pytest.fixture
def open_evidence(fresh_caches: None) -> Open:
    """Returns a function that opens the page at a link and waits for its evidence."""

    def opened(**parameters: str) -> AppTest:
        app = AppTest.from_file(ENTRY, default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.switch_page("pages/diagnosis.py").run()
        return settled(app)

    return opened


def cards(app: AppTest) -> list[str]:
    """Returns the titles of the findings, in the order of the page."""
    titles = [title.value for title in app.main.header]
    return titles[: titles.index("Would a tool have told you?")]


def text(app: AppTest) -> str:
    """Returns all sentences of the page."""
    return "\n".join(markdown.value for markdown in app.main.markdown)


def test_shows_a_card_for_each_finding_worst_first(open_evidence: Open) -> None:
    app = open_evidence(**link("v1", steps="100"))

    found = findings(collect(SMALL, STAGES["v1"]))
    told = [check_words.text(finding) for finding in found]
    assert cards(app) == [each.title for each in told]
    assert f"**{told[0].title}.** {len(found)} findings" in text(app)
    for each in told:
        assert each.found in text(app)
        assert each.why in text(app)


def test_flipping_the_switch_of_a_card_flips_that_of_the_sidebar(open_evidence: Open) -> None:
    app = open_evidence(**link("v1", steps="100"))

    app.toggle(key="switch_empty_batches").set_value(True).run()

    assert app.toggle(key="whole_batches").value
    # The old cards stay until the new ones are ready.
    run_until(app, lambda: "Most minibatches are empty" not in cards(app))


def test_a_card_has_its_updates_on_a_curve_of_its_own(open_evidence: Open) -> None:
    app = open_evidence(**link("v1", steps="100"))
    charts = len(app.get("vega_lite_chart"))
    assert table(app, 0, "marked") == [{"first": 1, "last": 99, "text": "updates 1 to 99"}]

    app.session_state["chart_card_reused_keys"] = "On the curve"
    app.run()

    place = 1 + cards(app).index("Random keys are used more than once")
    assert table(app, place, "marked") == [{"first": 0, "last": 0, "text": "update 0"}]
    assert len(app.get("vega_lite_chart")) == charts, "it takes the place of the card's picture"


def test_the_cards_stay_until_those_of_the_next_run_are_ready(
    open_evidence: Open, monkeypatch
) -> None:
    app = open_evidence(**link("v1", steps="100"))
    shown, may_go_on = cards(app), threading.Event()
    gathered_before = diagnosis.collect_chunks

    def later(settings: Settings, fixes: Fixes) -> Iterator[Progress]:
        assert may_go_on.wait(SETTLES_WITHIN_SECONDS)
        yield from gathered_before(settings, fixes)

    monkeypatch.setattr(diagnosis, "collect_chunks", later)

    app.toggle(key="switch_empty_batches").set_value(True).run()

    assert cards(app) == shown
    assert app.toggle(key="switch_empty_batches").value
    assert "Until then, the page shows v1, steps 100." in app.main.get("progress")[0].proto.text
    may_go_on.set()
    run_until(app, lambda: cards(app) != shown)
    assert "Most updates see no data" not in cards(app)
    assert not app.main.get("progress")


def test_says_what_was_checked_when_nothing_is_wrong(open_evidence: Open) -> None:
    app = open_evidence(**link("beyond"))

    assert f"**No problems found.** {len(CHECKS)} checks" in text(app)
    assert cards(app) == []
    for sentence in check_words.checked().values():
        assert sentence in text(app)


LONG = {"hidden": "64, 64, 64, 64", "steps": "10000", "examples": "50000"}


def test_a_long_gathering_is_offered_stopped_and_goes_on(fresh_caches: None, monkeypatch) -> None:
    small, may_go_on = collect(SMALL, STAGES["v1"]), threading.Event()

    def slowly(*_: object) -> Iterator[Progress]:
        yield Progress(0.25, None)
        assert may_go_on.wait(SETTLES_WITHIN_SECONDS)
        yield Progress(0.5, None)
        yield Progress(1.0, small)

    monkeypatch.setattr("mlp_core.diagnosis.collect_chunks", slowly)
    app = opened_at("diagnosis", **LONG)
    assert "Collect evidence (about" in app.button(key="begin_gathering").label

    app.button(key="begin_gathering").click().run()
    app = run_until(app, lambda: "25%" in _progress(app))
    app.button(key="stop_gathering").click().run()
    may_go_on.set()
    app = run_until(app, lambda: "Stopped at 50%" in _progress(app))
    app.button(key="go_on_gathering").click().run()

    assert cards(settled(app))


def _progress(app: AppTest) -> str:
    return "".join(bar.proto.text for bar in app.get("progress"))


def test_a_gathering_that_failed_can_be_tried_again(open_evidence: Open, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr("mlp_core.diagnosis.collect_chunks", broken)
        app = open_evidence(**link("v1", steps="100"))
    assert "could not be collected: an unexpected error" in app.error[0].value

    app.button(key="again_gathering").click().run()

    assert cards(settled(app))


def test_every_check_has_pictures_and_words_and_every_severity_a_badge() -> None:
    assert set(PICTURES) == set(CHECKS)
    assert set(check_words.TEXTS) == set(CHECKS)
    assert list(check_words.checked()) == list(CHECKS)
    assert set(BADGES) == set(SEVERITIES)


@pytest.mark.parametrize("stage", ["v1", "beyond"])
def test_every_picture_can_be_drawn_of_one_feature(stage: str) -> None:
    evidence = collect(Settings(task="sine", steps=60, hidden=(4,)), STAGES[stage])

    for draw in DRAWN:
        drawing = draw(evidence)

        assert drawing.spec["height"] > 0
        assert all(len(rows.columns) for rows in drawing.tables.values())


def test_pictures_of_a_run_that_ended_in_nan_can_be_drawn_too() -> None:
    fixes = Fixes(whole_batches=True, jit_step=True)
    runs = (collect(replace(SMALL, seed=seed), fixes) for seed in range(20))
    lost = next(evidence for evidence in runs if evidence.losses.outcome.is_failed)

    pictures = [draw(lost) for draw in DRAWN]

    assert all(picture.tables for picture in pictures)


def test_a_picture_has_no_line_with_a_single_point() -> None:
    lost = collect(replace(SMALL, seed=2), STAGES["v1"])

    pictures = [draw(lost) for draw in DRAWN]

    lines = [each.tables["lines"] for each in pictures if "lines" in each.tables]
    assert lost.losses.outcome.since == 0
    assert all((table["line"].value_counts() > 1).all() for table in lines)
    assert any(picture.is_empty for picture in pictures)


def test_the_ledger_marks_keys_used_twice() -> None:
    bad, good = (tables.draws(collect(SMALL, STAGES[stage])) for stage in ("v1", "keys"))

    assert list(bad["series"].unique()) == ["train"]
    assert list(bad["key_place"]) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2]
    assert list(good["series"].unique()) == ["val"]
    assert good["key"].is_unique


@pytest.mark.parametrize("name", ["gain", "weight"])
def test_copies_lie_on_the_diagonal(name: str) -> None:
    bad, good = (tables.copies(collect(SMALL, STAGES[stage]), name) for stage in ("v1", "keys"))

    assert tables.likeness(bad) == (20, pytest.approx(1))
    assert tables.likeness(good)[0] == 0
    np.testing.assert_array_equal(bad["x"], bad["y"])
    assert set(bad["series"]) == {"train"}
    assert set(good["series"]) == {"val"}


def test_the_curve_is_that_of_the_plain_run() -> None:
    curves = tables.curves(collect(SMALL, STAGES["final"]))
    run = train(SMALL, STAGES["final"], record_at=(0, 50, 100))

    val = curves[curves["line"] == "val"].set_index("update")["loss"]

    np.testing.assert_allclose(val.loc[[0, 50, 100]], run.val_loss, rtol=1e-4)


def test_what_is_far_below_keeps_its_value_beside_a_shortest_bar() -> None:
    table = tables.log_bars({"a": 5.0, "b": 1e-14, "c": float("nan")}, str)

    assert list(table["label"]) == ["a", "b"]
    assert list(table["value"]) == [5.0, 1e-14]
    assert (table["begin"] > 1e-5).all()
    assert table["text"].iloc[1] == "1e-14"


def test_the_tools_are_shown_as_they_were_tried(open_evidence: Open) -> None:
    app = open_evidence(**link("beyond"))

    cells = debuggers.shipped().cells
    alone = [cell for cell in cells if cell.case in (*STAGED, "sound")]
    drawn = table(app, len(app.get("vega_lite_chart")) - 1, "cells")
    assert len(drawn) == len(alone) == len(TOOLS) * (len(STAGED) + 1)
    caught = {cell.case for cell in alone if cell.outcome == "caught"}
    assert f"**At least one tool catches {len(caught)} of the {len(STAGED)} bugs**" in text(app)
    assert {row["symbol"] for row in drawn if row["outcome"] == "caught"} == {"●"}


def test_tools_are_ranked_by_what_they_catch_then_by_what_they_cost() -> None:
    cells = [
        Cell("debug_nans", "split_keys", "symptom", "m", "", 1.0),
        Cell("debug_infs", "split_keys", "symptom", "m", "", 0.5),
        Cell("key_reuse_key", "split_keys", "caught", "m", "", 9.0),
        Cell("one_batch", "split_keys", "silent", "", "", 0.1),
    ]

    ranked = tools_chart.ranking(Table(tuple(cells), {}))

    assert list(ranked["tool"]) == [
        TOOLS[name].name for name in ("key_reuse_key", "debug_infs", "debug_nans", "one_batch")
    ]
    assert list(ranked["catches"]) == ["keys", "–", "–", "–"]


def test_every_tool_and_every_program_has_a_name() -> None:
    assert set(TOOLS) == {cell.tool for cell in debuggers.shipped().cells}
    named = {case.name for case in debuggers.CASES} - set(STAGED)
    assert named == set(PROGRAMS)


def test_a_table_of_tools_that_cannot_be_read_is_told_so(open_evidence: Open, monkeypatch) -> None:
    def broken() -> Table:
        raise ValueError("no such file")

    monkeypatch.setattr(debuggers, "shipped", broken)

    app = open_evidence(**link("beyond"))

    assert "cannot be read: no such file" in app.error[0].value
    assert not app.exception


def test_names_of_lines_that_end_close_together_stand_apart() -> None:
    lines = pd.DataFrame({"line": ["a", "b", "c"], "value": [0.9, 0.01, 0.0], "update": 9})

    ends = tables.ends(lines, logarithmic=False).set_index("line")["value"]

    assert ends["c"] == 0.0
    assert ends["b"] == pytest.approx(0.08 * 0.9)
    assert ends["a"] == 0.9
    assert tables.ends(lines.head(0)).empty


def test_the_name_of_a_line_that_breaks_off_early_stands_at_its_right() -> None:
    lines = pd.DataFrame({"line": ["a", "b", "b"], "value": [0.9, 0.1, 0.2], "update": [5, 0, 500]})

    ends = tables.ends(lines).set_index("line")["early"]

    assert ends["a"]
    assert not ends["b"]


def every_finding() -> list[Finding]:
    """Returns findings of all checks but one, from a few runs."""
    runs = [
        (SMALL, STAGES["v1"]),
        (replace(SMALL, learning_rate=1.0), STAGES["batches"]),
        (Settings(), replace(STAGES["beyond"], whole_batches=False)),
        (Settings(), STAGES["final"]),
    ]
    return [each for run in runs for each in findings(collect(*run))]


def test_every_finding_has_its_numbers_in_words() -> None:
    for finding in every_finding():
        told = check_words.text(finding)

        assert any(digit in told.found for digit in "0123456789")
        assert "nan" not in told.found


def test_the_code_of_a_card_is_what_its_switch_changes_in_the_program(open_evidence: Open) -> None:
    app = open_evidence(**link("v1", steps="100"))

    diffs = [code.value for code in app.code if code.language == "diff"]

    assert any("+    order = jax.random.permutation(subkey, TRAIN)" in diff for diff in diffs)
    assert all({line[0] for line in diff.splitlines()} <= {"+", "-"} for diff in diffs)
