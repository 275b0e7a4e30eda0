"""The Code page, driven without a browser."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from difflib import ndiff
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.code import listing, words
from dashboard.code.changes import differences
from mlp_core import STAGES, Fixes, Settings, program, train
from mlp_core.program.render import Line
from mlp_core.tasks import TASKS
from tests.app.conftest import Open, opened_at, run_until, text
from tests.app.test_own_data import content, uploaded

SHORT = Settings(steps=60)


@pytest.fixture
def open_program(fresh_caches: None) -> Open:
    """Returns a function that opens the page at a link and waits until its run is trained."""
    return lambda **parameters: settled(opened_at("code", **parameters))


def settled(app: AppTest) -> AppTest:
    """Returns the page after it reports the script's final losses."""
    return run_until(app, lambda: "val loss" in text(app) or "NaN" in text(app) or app.info)


def shown(app: AppTest) -> str:
    """Returns the script that the page offers to copy."""
    return next(code.value for code in app.code if code.language == "python") + "\n"


def test_says_what_the_script_is_and_where_it_ends(open_program: Open) -> None:
    app = open_program(steps="60", split_keys="true", norm_init="true", norm_epsilon="true")

    fixes = STAGES["norm"]
    script = program.script(SHORT, fixes)
    end = train(SHORT, replace(fixes, jit_step=True)).final_val_loss
    assert shown(app) == script
    assert (
        f"This script of **{script.count(chr(10))} lines** ends at val loss **{end:.2f}**"
        in text(app)
    )
    before, after = program.script(SHORT, STAGES["v1"]).splitlines(), script.splitlines()
    signs = [line[0] for line in ndiff(before, after)]
    added, removed = signs.count("+"), signs.count("-")
    assert f"Compared with v1, **{added} lines added, {removed} removed**" in text(app)


def test_a_switch_beside_the_script_is_the_one_of_the_sidebar(open_program: Open) -> None:
    app = open_program(steps="60")
    before = shown(app)

    app.toggle(key="flip_whole_batches").set_value(True).run()

    assert app.sidebar.toggle(key="whole_batches").value
    assert shown(app) == program.script(SHORT, Fixes(whole_batches=True)) != before


@pytest.mark.parametrize("page", ["code", "lab"])
def test_a_switch_without_effect_says_what_it_needs(page: str) -> None:
    app = opened_at(page, whole_batches="true", steps="20")
    run_until(app, lambda: app.code or "**Val loss" in text(app))  # a run before the flip
    app.sidebar.toggle(key="epsilon_in_root").set_value(True).run()

    said = "only while **2a · LayerNorm epsilon** is on."
    assert said in text(run_until(app, lambda: said in text(app)))


@pytest.mark.parametrize("dress", program.DRESSES)
def test_the_link_chooses_the_style_and_the_stage(open_program: Open, dress: str) -> None:
    app = open_program(steps="60", dress=dress, against="final")

    assert shown(app) == program.script(SHORT, Fixes(), dress)
    assert words.DRESSES[dress] in text(app)
    assert "Compared with final, **" in text(app)


def test_values_that_mean_nothing_fall_back(open_program: Open) -> None:
    app = open_program(steps="60", dress="<script>", against="../v1", split_keys="maybe")

    assert not app.exception
    assert shown(app) == program.script(SHORT, Fixes())


def test_the_first_version_is_told_to_be_itself(open_program: Open) -> None:
    app = open_program(steps="60")

    assert "It is identical to the script of v1." in text(app)
    assert "Flip a switch" in app.info[0].value


def test_a_run_that_ends_in_nan_says_so(open_program: Open) -> None:
    app = open_program(steps="60", seed="2")

    said = "ends at val loss **NaN**"
    assert said in text(run_until(app, lambda: said in text(app)))


@pytest.mark.usefixtures("fresh_caches")
@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_its_script_before_anything_is_trained(task: str) -> None:
    app = opened_at("code", task=task, steps="60", norm_init="true")

    assert not app.exception
    assert not app.error
    settings = Settings(task=task, steps=60)
    assert shown(app) == program.script(settings, Fixes(norm_init=True))
    keys = {button.key for button in app.get("download_button")}
    assert ("take_data" in keys) == (task == "diabetes")


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Returns the downloads on the page by file name, after the page has been drawn."""
    offered: dict[str, str] = {}

    def offer(label: str, content: str | Callable[[], str], name: str, *_: str, **__: str) -> None:
        offered[name] = content if isinstance(content, str) else content()

    monkeypatch.setattr(st, "download_button", offer)
    return offered


@pytest.mark.usefixtures("fresh_caches")
def test_the_downloads_together_print_the_number_on_the_page(
    downloads: dict[str, str], tmp_path: Path
) -> None:
    app = opened_at("code", task="csv", steps="60", hidden="4", norm_init="true")
    assert "This run needs a CSV file" in app.info[0].value
    (tmp_path / "mpg.csv").write_bytes(content(rows=30))

    app = settled(uploaded(app, content(), "mpg.csv"))
    for name, offered in downloads.items():
        (tmp_path / name).write_text(offered, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "fix_by_fix.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert sorted(downloads) == ["fix_by_fix.ipynb", "fix_by_fix.py", "mpg_numbers.csv"]
    assert any("reads `mpg_numbers.csv`" in caption.value for caption in app.caption)
    assert (tmp_path / "mpg.csv").read_bytes() == content(rows=30)
    assert done.returncode == 0, done.stderr
    assert f"ends at val loss **{float(done.stdout.split()[-1]):.2f}**" in text(app)


def test_the_listing_shows_a_script_and_runs_nothing_of_it() -> None:
    hostile = '<img src=x onerror="alert(1)">'
    lines = [Line(f"TABLE = {hostile!r}", ("adamw",)), Line("for x in y:")]

    drawn = listing.script(lines, Fixes())

    assert "<img" not in drawn
    assert '<span class="line bug" id="line-1"' in drawn
    assert '<span class="word">for</span> x <span class="word">in</span> y:' in drawn


def test_changes_are_told_line_by_line() -> None:
    before = [Line("a"), Line("b", ("adamw",)), Line("c")]
    after = [Line("a"), Line("B", ("adamw",)), Line("B2", ("adamw",)), Line("c")]

    (change,) = differences(before, after)

    assert [(row.number, row.text) for row in change.before if row.changed] == [(2, "b")]
    assert [(row.number, row.text) for row in change.after if row.changed] == [(2, "B"), (3, "B2")]
    assert change.switches == ("adamw",)
