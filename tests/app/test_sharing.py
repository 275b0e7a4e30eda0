"""Many readers at once: shared work is done once, and each polls less often the more there are."""

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import mlp_core
from dashboard.choice import Choice
from dashboard.lab import charts
from dashboard.work import pace, runs, timings
from dashboard.work.pace import Crowd
from mlp_core import Fixes, Settings
from tests.app.conftest import Open, metric, opened_at, run_until, settled, table

READERS = 8


def test_every_chart_is_built_once() -> None:
    assert charts.loss_curves(("val",)) is charts.loss_curves(("val",))


@pytest.fixture
def asked_every(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], float]:
    """Returns a function from the number of readers to the interval of a live part of 0.3 s."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(st, "fragment", lambda draw, **options: given.update(options) or draw)

    def seconds(readers: int) -> float:
        crowd = Crowd()
        monkeypatch.setattr(pace, "crowd", lambda: crowd)
        for number in range(readers):
            with crowd.page_of(f"reader {number}"):
                pass
        pace.live(print, 0.3)
        return float(given["run_every"])

    return seconds


def test_a_live_part_asks_less_often_the_more_readers_there_are(
    asked_every: Callable[[int], float],
) -> None:
    assert asked_every(1) == 0.3
    assert asked_every(pace.AT_EASE) == 0.3
    assert asked_every(4 * pace.AT_EASE) == pytest.approx(1.2)


def test_readers_who_have_left_no_longer_count(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd()
    for number in range(4 * pace.AT_EASE):
        with crowd.page_of(f"reader {number}"):
            pass
    assert crowd.share == 4

    monkeypatch.setattr(pace, "LATELY_SECONDS", 0.0)

    assert crowd.share == 1


def test_a_click_ends_a_script_that_waits_for_a_run() -> None:
    def script(waits: list[bool]) -> None:
        from dashboard.work import pace
        from dashboard.work.jobs import Job

        waits.append(pace.wait(Job(never for never in ()), seconds=5))

    waits: list[bool] = []

    with pytest.raises(RuntimeError, match="timed out"):
        # At the timeout, AppTest asks the script to end, in the same way as a click does.
        AppTest.from_function(script, kwargs={"waits": waits}).run(timeout=0.5)

    assert waits == []


def test_a_file_that_cannot_be_read_keeps_the_turn() -> None:
    crowd = Crowd()

    with crowd.turn():
        with pytest.raises(ValueError, match="bad file"), crowd.out_of_turn():
            raise ValueError("bad file")
        assert crowd._turn.locked()
    assert not crowd._turn.locked()


PINNED = "v1 + AdamW, steps 40"


def test_a_pin_is_drawn_beside_a_run_whose_chart_is_kept(open_app: Open) -> None:
    link = {"steps": "40", "jit_step": "true"}
    plain = open_app(**link)
    pinned = open_app(**link, pins=Choice(Fixes(adamw=True), Settings(steps=40)).code)

    assert {row["line"] for row in table(plain, 0, "curves")} == {"val", "train", "v1"}
    assert {row["line"] for row in table(pinned, 0, "curves")} == {"val", "train", "v1", PINNED}


def test_the_real_loop_is_timed_when_fewer_readers_are_here(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timings, "ON_REQUEST", False)
    monkeypatch.setattr(Crowd, "is_dense", True)
    app = open_app(steps="40")
    captions = [caption.value for caption in app.caption]
    assert "Many readers are here. The steps are timed when fewer are." in captions
    assert metric(app, "Time for 1,000 steps") == "–"

    monkeypatch.setattr(Crowd, "is_dense", False)

    run_until(app, lambda: metric(app, "Time for 1,000 steps") != "–")


@pytest.mark.usefixtures("fresh_caches")
def test_the_stored_curves_are_drawn_before_the_first_training_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began_while_drawn: list[bool] = []
    train_chunks = mlp_core.train_chunks

    def watched(*arguments: Any) -> Any:
        began_while_drawn.append(pace.crowd()._turn.locked())
        return train_chunks(*arguments)

    monkeypatch.setattr(mlp_core, "train_chunks", watched)
    monkeypatch.setattr(runs, "_compiled", set())

    app = opened_at(None)

    assert app.get("vega_lite_chart")
    settled(app)
    assert began_while_drawn[0] is False


def test_a_training_that_failed_can_be_tried_again(
    fresh_caches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("RESOURCE_EXHAUSTED at /home/somebody")

    with monkeypatch.context() as patch:
        patch.setattr(mlp_core, "train_chunks", broken)
        app = opened_at(None, hidden="2", steps="20")
        run_until(app, lambda: app.error)
    assert "could not be trained: an unexpected error" in app.error[0].value
    assert "somebody" not in app.error[0].value
    assert runs.known(Choice(settings=Settings(hidden=(2,), steps=20))) is None

    app.button(key="train_again").click().run()

    assert settled(app).metric


def test_a_part_that_is_drawn_again_and_again_has_no_fragment_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fragments: list[float | None] = []

    def fragment(draw: Callable[[], None], run_every: float | None) -> Callable[[], None]:
        fragments.append(run_every)
        return draw

    monkeypatch.setattr(st, "fragment", fragment)

    def outer() -> None:
        pace.live(lambda: None, None)()

    pace.live(outer, None)()
    assert fragments == [None, None]
    fragments.clear()

    pace.live(outer, 0.3)()

    assert fragments == [0.3]
