"""The app when it is opened."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from dashboard.choice import Choice
from dashboard.shell import sidebar
from dashboard.work import runs
from mlp_core import Fixes, Run, Settings, train
from mlp_core.analysis import curves
from tests.app.conftest import opened_at, settled, table
from tests.app.links import PAGES
from tests.app.test_own_data import content, uploaded

SHORT = {"steps": "60", "adamw": "true"}
CHOSEN = Choice(Fixes(adamw=True), Settings(steps=60))


@pytest.mark.usefixtures("fresh_caches")
def test_the_first_page_begins_a_training_though_it_needs_none() -> None:
    opened_at("seeds", **SHORT)

    assert runs._workers().find(CHOSEN.compiled) is not None


@pytest.fixture
def compiling(fresh_caches: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Delays every training run until the event is set, as compilation would."""
    compiled = threading.Event()

    def held_back(choice: Choice) -> Iterator[Run]:
        compiled.wait()
        yield train(choice.settings, choice.fixes)

    monkeypatch.setattr(runs, "_chunks", held_back)
    yield compiled
    compiled.set()


def test_the_curves_that_ship_are_shown_while_the_training_compiles(
    compiling: threading.Event,
) -> None:
    app = opened_at(None, adamw="true")

    lines = {str(row["line"]) for row in table(app, 0, "curves")}
    assert lines == {"val", "train", "v1"}
    assert "trained on another machine" in app.get("progress")[0].proto.text

    compiling.set()

    assert not settled(app).get("progress")


@pytest.mark.parametrize("other", [{"seed": "7"}, {"steps": "60"}])
def test_no_curves_ship_for_other_settings(
    compiling: threading.Event, other: dict[str, str]
) -> None:
    app = opened_at(None, **other)

    assert not app.get("vega_lite_chart")


def test_without_the_curves_that_ship_the_reader_waits(
    compiling: threading.Event, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(curves, "POST_CURVES", tmp_path / "missing.parquet")

    app = opened_at(None)

    assert not app.exception
    assert not app.get("vega_lite_chart")


@pytest.mark.usefixtures("nothing_trained")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_opened_first_has_the_menu(page: str) -> None:
    app = opened_at(page)

    links = [link.proto.label for link in app.get("page_link")]
    assert len(links) == len(PAGES), f"pages/{page}.py must first call a function of the frame"


@pytest.mark.usefixtures("fresh_caches")
def test_settings_that_make_no_run_are_told_by_the_page_alone() -> None:
    app = opened_at("seeds", hidden="no numbers", **SHORT)

    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.usefixtures("nothing_trained")
@pytest.mark.parametrize(
    ("page", "hidden"),
    [("lab", set()), ("story", {"stage", "fixes", "beyond"}), ("detective", set(sidebar.GROUPS))],
)
def test_the_sidebar_shows_what_has_an_effect_on_the_page(page: str, hidden: set[str]) -> None:
    app = opened_at(page, **SHORT)

    styles = "".join(html.proto.body for html in app.get("html"))
    assert set(re.findall(r"st-key-group_(\w+)", styles)) == hidden
    assert app.sidebar.toggle(key="adamw").value, "what is out of sight keeps its value"


def test_the_tab_has_the_val_loss_of_the_run_and_forgets_it_with_its_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    titles: list[str] = []
    monkeypatch.setattr(st, "set_page_config", lambda title, *_, **__: titles.append(title))
    app = opened_at("lab", task="csv", steps="20", jit_step="true")
    app = settled(uploaded(app, content()))
    assert titles[-1].startswith("v1 + compiled step, task csv, steps 20, ")
    titles.clear()

    app.file_uploader(key="csv_upload").set_value(None).run()

    assert titles == ["Lab - Fix by Fix"]


def test_the_title_of_a_known_run_is_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    app, titles = settled(opened_at("lab", **SHORT)), []
    monkeypatch.setattr(st, "set_page_config", lambda title, *_, **__: titles.append(title))

    app.run()

    assert len(titles) == 1
    assert titles[0].endswith(" - Lab - Fix by Fix")
    assert titles[0].startswith("v1 + AdamW, steps 60: ")
