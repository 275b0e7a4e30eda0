"""The times per step in the Lab, for three forms in turn, and all that changes their work."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.choice import Choice
from dashboard.work import jobs, timings
from mlp_core import Fixes, Settings
from mlp_core.timing import process
from mlp_core.timing.figures import Measurement, Point, Progress, Request
from tests.app.conftest import Open, metric, run_until, wait_until

STEP_MS = {"gradient": 6.0, "step": 1.5, "loop": 0.015}
CHOICE = Choice(Fixes(whole_batches=True), Settings())


class Processes:
    """Measurements with known times, and how many of them have started and ended."""

    def __init__(self) -> None:
        self.begun, self.ended = 0, 0
        self.may_end = threading.Event()
        self.may_end.set()

    def measured(self, request: Request) -> Iterator[Progress]:
        """Yields a measurement in place of `process.measured`."""
        self.begun += 1
        points = tuple(Point("steps", 1000, form, (ms,)) for form, ms in STEP_MS.items())
        found = Measurement(request.settings, request.fixes, points=points)
        try:
            yield Progress("Timing, round 1 of 5", 0.2, found)
            while not self.may_end.wait(0.01):
                yield Progress("Timing, round 1 of 5", 0.2, found)
            yield Progress("Timing, round 5 of 5", 1.0, found)
        finally:
            self.ended += 1


@pytest.fixture(autouse=True)
def processes(fresh_caches: None, monkeypatch: pytest.MonkeyPatch) -> Processes:
    known = Processes()
    monkeypatch.setattr(timings, "ON_REQUEST", False)
    monkeypatch.setattr(process, "measured", known.measured)
    return known


def is_timed(app: AppTest) -> bool:
    said = any("Per step" in caption.value for caption in app.caption)
    return said and "stop_timing" not in [button.key for button in app.button]


def test_a_server_that_measures_on_request_waits_for_the_button(
    open_app: Open, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timings, "ON_REQUEST", True)
    app = open_app(jit_step="true").run()
    assert processes.begun == 0

    next(button for button in app.button if button.label == "Measure").click().run()

    run_until(app, lambda: is_timed(app))
    assert metric(app, "Time for 1,000 steps") == "1.5 s"


@pytest.mark.parametrize(("fix_4", "time"), [("false", "6.0 s"), ("true", "1.5 s")])
def test_fix_4_is_a_compiled_step_called_from_python_and_not_the_engine(
    open_app: Open, fix_4: str, time: str
) -> None:
    app = open_app(jit_step=fix_4)

    run_until(app, lambda: is_timed(app))

    assert metric(app, "Time for 1,000 steps") == time
    said = next(text.value for text in app.caption if "Per step" in text.value)
    assert said == (
        "Per step: 6.0 ms with 4 off; 1.5 ms with 4 on, 4.0 times faster; 15 µs in this app's "
        "engine, 100 times faster."
    )


def test_both_sides_of_fix_4_come_from_one_timing() -> None:
    compiled = CHOICE._replace(fixes=replace(CHOICE.fixes, jit_step=True))

    assert timings.job(CHOICE) is timings.job(compiled)
    assert (timings.form(CHOICE), timings.form(compiled)) == ("gradient", "step")


@pytest.mark.parametrize(
    "other",
    [
        CHOICE._replace(settings=Settings(clip_norm=1.0)),
        CHOICE._replace(settings=Settings(batch_size=64)),
        CHOICE._replace(fixes=replace(CHOICE.fixes, adamw=True)),
        CHOICE._replace(fixes=Fixes()),
    ],
)
def test_what_changes_the_work_of_a_step_has_a_timing_of_its_own(other: Choice) -> None:
    assert timings.job(CHOICE) is not timings.job(other)


@pytest.mark.parametrize("settings", [Settings(seed=1), Settings(clip_norm=None, noise=2.0)])
def test_what_changes_numbers_alone_shares_a_timing(settings: Settings) -> None:
    assert timings.job(CHOICE) is timings.job(CHOICE._replace(settings=settings))


def test_a_session_that_looks_at_another_choice_ends_the_timing_that_it_left(
    processes: Processes,
) -> None:
    processes.may_end.clear()
    left, other = timings.job(CHOICE), CHOICE._replace(fixes=Fixes())
    assert left is not None
    wait_until(lambda: left.latest is not None)

    now = timings.job(other)

    assert now is not None
    wait_until(lambda: left.rested)
    assert not left.done
    processes.may_end.set()
    assert now.wait(5)
    assert now.done
    assert timings.job(CHOICE) is not left, "it begins anew"


def test_two_sessions_share_one_process_and_the_last_to_leave_ends_it(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes.may_end.clear()
    wanted = timings.request(CHOICE)
    for name in ("first", "second"):
        monkeypatch.setattr(jobs, "reader", lambda name=name: name)
        timings.begin(wanted)
    job = timings.find(wanted)
    assert job is not None
    wait_until(lambda: job.latest is not None)

    job.stop()
    assert not job.rested
    monkeypatch.setattr(jobs, "reader", lambda: "first")
    job.stop()

    wait_until(lambda: job.rested)
    assert (processes.begun, processes.ended) == (1, 1)


def test_the_end_of_the_app_ends_a_measurement(processes: Processes) -> None:
    processes.may_end.clear()
    wanted = timings.request(CHOICE)
    timings.begin(wanted)
    job = timings.find(wanted)
    assert job is not None
    wait_until(lambda: job.latest is not None)

    timings._workers().close()

    assert (processes.begun, processes.ended) == (1, 1)
