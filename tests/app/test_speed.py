"""The Speed page, driven without a browser. Measurements are replaced; tests/core tests them."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.choice import Choice
from dashboard.draw.words import waiting
from dashboard.speed import tables, words
from dashboard.work import timings
from mlp_core import STAGES, Fixes, Settings
from mlp_core.timing import figures, process
from mlp_core.timing.figures import FORMS, Figures, Measurement, Point, Progress, Request, Rest
from tests.app.conftest import opened_at, run_until, table, text

STEP_MS = dict(zip(FORMS, (20.0, 4.0, 1.0, 0.05, 0.04), strict=True))


def measured(settings: Settings, fixes: Fixes) -> Measurement:
    """Returns a measurement in which every number is known."""
    figures = (
        Figures(form, 3, 10.0, 90.0, 1.0, 0.0, 1.0, (each, each, each), 1e-6, 9)
        for form, each in STEP_MS.items()
    )
    return Measurement(settings, fixes, 2, tuple(figures))


def complete(request: Request) -> Measurement:
    """Returns the requested measurement, with known numbers."""
    if request.what == "growth":
        points = (
            Point(axis, size, form, (each,))
            for axis in ("steps", "batch_size", "width")
            for size in (1, 2)
            for form, each in STEP_MS.items()
        )
        return Measurement(request.settings, request.fixes, points=tuple(points))
    ways = (
        Rest("as it is", ((256, 5), (64, 5)), 900.0, 0.5, 0.61),
        Rest("padded", ((256, 5),), 500.0, 0.5, 0.61),
        Rest("dropped", ((256, 5),), 450.0, 0.4, 0.72),
    )
    return replace(measured(request.settings, request.fixes), rests=ways)


@pytest.fixture
def quick(fresh_caches: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes measurements end at once."""

    def at_once(request: Request) -> Iterator[Progress]:
        yield Progress("Done", 1.0, complete(request))

    monkeypatch.setattr(process, "measured", at_once)


@pytest.fixture
def slow(quick: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Makes measurements continue until they are stopped or the event is set."""
    enough = threading.Event()

    def in_the_end(request: Request) -> Iterator[Progress]:
        while not enough.wait(0.01):
            nothing_yet = Measurement(request.settings, request.fixes)
            yield Progress("Timing, round 1 of 5", 0.4, nothing_yet)
        yield Progress("Done", 1.0, complete(request))

    monkeypatch.setattr(process, "measured", in_the_end)
    yield enough
    enough.set()


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.main.caption)


def progress(app: AppTest) -> list[str]:
    return [bar.proto.text for bar in app.main.get("progress")]


def buttons(app: AppTest) -> dict[str, str]:
    return {button.key: button.label for button in app.main.button}


def measure(app: AppTest, part: str = "forms") -> AppTest:
    return app.button(key=f"measure_{part}").click().run()


def test_shows_the_stored_figures_and_says_whose_they_are(quick: None) -> None:
    app = opened_at("speed")

    found = figures.shipped()
    assert f"cores of {found.machine}" in captions(app)
    assert "not on the server" in captions(app)
    assert words.answer(found.measurement) in text(app)
    assert [row["ms"] for row in table(app, 0, "bars")] == [
        figures.each.median for figures in found.measurement.figures
    ]
    assert not app.exception


def test_measuring_replaces_what_is_shown(quick: None) -> None:
    app = measure(opened_at("speed", steps="50"))

    run_until(app, lambda: buttons(app).get("measure_forms") == "Measure again")

    assert [row["ms"] for row in table(app, 0, "bars")] == list(STEP_MS.values())
    assert [row["text"] for row in table(app, 0, "factors")] == ["÷ 5.0", "÷ 4.0", "÷ 20", "÷ 1.2"]
    assert "**20 times faster**" in text(app)
    assert "runs of 50 steps" in captions(app)
    assert "the val loss is 0.61 (as it is: 0.61)" in text(app)
    assert "With whole batches" in text(app)  # v1 has no rest of its own


def test_growth_is_measured_apart(quick: None) -> None:
    app = measure(opened_at("speed", steps="50"), "growth")

    run_until(app, lambda: buttons(app).get("measure_growth") == "Measure again")

    assert len(table(app, 2, "points")) == 2 * len(FORMS)
    assert {row["size"] for row in table(app, 2, "points")} == {1, 2}
    assert buttons(app)["measure_forms"] == "Measure on the server"


def test_a_stopped_measurement_can_be_begun_anew(slow: threading.Event) -> None:
    app = measure(opened_at("speed"))
    run_until(app, lambda: progress(app) == ["Timing, round 1 of 5"])

    app.button(key="stop_forms").click().run()

    assert "Stopped before it was done." in captions(app)
    assert progress(app) == []
    slow.set()
    measure(app)
    run_until(app, lambda: buttons(app).get("measure_forms") == "Measure again")


def test_a_second_reader_waits_and_is_told_so(slow: threading.Event) -> None:
    first = measure(opened_at("speed"))
    second = measure(opened_at("speed", steps="77"))

    run_until(second, lambda: progress(second) == [waiting(1)])
    assert progress(second) == [waiting(1)]

    first.button(key="stop_forms").click().run()
    run_until(second, lambda: progress(second) == ["Timing, round 1 of 5"])
    assert progress(second) == ["Timing, round 1 of 5"]


def test_a_stored_file_that_cannot_be_read_is_told_and_measuring_goes_on(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ValueError("no such file")

    monkeypatch.setattr(figures, "shipped", broken)

    app = opened_at("speed")

    assert "cannot be read: no such file" in app.error[0].value
    assert not app.exception
    app = measure(app)
    job = timings.find(timings.request(Choice()))
    assert job is not None
    assert job.wait(60)
    assert "times faster" in text(app.run())


@pytest.mark.parametrize(
    ("parameters", "seen"),
    [
        ({}, "256 × 5 and 0 × 5"),
        ({"whole_batches": "true"}, "256 × 5 and 64 × 5"),
        (
            {"whole_batches": "true", "task": "diabetes", "batch_size": "100"},
            "100 × 10 and 53 × 10",
        ),
        ({"whole_batches": "true", "batch_size": "250"}, "every minibatch is 250 × 5"),
    ],
)
def test_says_which_shapes_the_loop_has(quick: None, parameters: dict[str, str], seen: str) -> None:
    app = opened_at("speed", **parameters)

    assert seen in text(app)
    assert not app.exception


def test_what_is_seldom_is_said_as_well() -> None:
    same = measured(Settings(), STAGES["final"])
    slower = replace(same, figures=(*same.figures[:4], replace(same.figures[4], step_ms=(0.1,))))
    exact = replace(same, figures=tuple(replace(each, difference=0.0) for each in same.figures))

    assert "2.0 times slower" in words.answer(slower)
    assert tables.factors(slower)["text"].iloc[-1] == "× 2.0"
    assert "are identical" in words.spread(exact)
    assert "0.0001%" in words.spread(same)


def test_lines_cross_where_the_sentence_says() -> None:
    found = measured(Settings(), STAGES["final"])
    late = replace(found.figures[2], compile_ms=390.0)  # 300 ms later, 3 ms less per step
    found = replace(found, figures=(*found.figures[:2], late, *found.figures[3:]))

    crossings = tables.crossings(found)

    # Compiling the gradient takes no longer than starting uncompiled, so it pays off at once.
    assert list(crossings["text"]) == ["1 step", "101 steps"]
    assert "pays off after **101 steps**" in words.pays(found)
    lines = tables.totals(found).pivot_table(index="steps", columns="form", values="ms")
    ahead = lines.index[lines["step"] < lines["gradient"]]
    assert ahead.min() >= 101
    assert lines.index[lines.index < ahead.min()].max() <= 101


def test_names_of_lines_that_end_close_together_stand_apart() -> None:
    ends = {"nothing": 1000.0, "gradient": 1.02, "step": 1.01, "sweep": 1.0}
    rows = [(size, ms, ms, ms, form) for form, ms in ends.items() for size in (1, 2)]
    table = pd.DataFrame(rows, columns=["size", "ms", "low", "high", "form"])

    heights = tables.grown_ends(table).set_index("form")

    # The label of the lowest point is below it, so the next label keeps its position.
    assert list(heights.index[heights["lowest"]]) == ["sweep"]
    assert heights["ms"]["sweep"] == 1.0
    assert heights["ms"]["step"] == pytest.approx(1.01)
    assert heights["ms"]["gradient"] == pytest.approx(1.01 * 1000**0.08)
    assert heights["ms"]["nothing"] == pytest.approx(1000.0)
