"""The times of a step in the Lab: three forms in turn, and everything that changes their work."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dashboard import timings
from dashboard.choice import Choice
from mlp_core import Fixes, Settings
from mlp_core.timing import forms
from tests.app.conftest import Open, metric, run_until

STEP_MS = {"gradient": 6.0, "step": 1.5, "loop": 0.015}
CHOICE = Choice(Fixes(whole_batches=True), Settings())


class Form:
    """A form whose times are known."""

    def __init__(self, name: str):
        self.name, self.step_ms = name, []

    def warm_up(self) -> Iterator[None]:
        yield

    def round(self) -> Iterator[None]:
        self.step_ms.append(STEP_MS[self.name])
        yield


@pytest.fixture(autouse=True)
def known_times(fresh_caches: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def ready(settings: Settings, fixes: Fixes, names: tuple[str, ...]) -> tuple[Form, ...]:
        return tuple(map(Form, names))

    monkeypatch.setattr(forms, "forms", ready)


@pytest.mark.parametrize(("fix_4", "time"), [("false", "6.0 s"), ("true", "1.5 s")])
def test_fix_4_is_a_compiled_step_called_from_python_and_not_the_engine(
    open_app: Open, fix_4: str, time: str
) -> None:
    app = open_app(jit_step=fix_4)

    run_until(app, lambda: "Measure again" in [button.label for button in app.button])

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


def test_a_timing_has_as_many_rounds_as_it_says() -> None:
    job = timings.job(CHOICE)

    assert job.wait(20)
    assert job.latest == timings.Timing(timings.ROUNDS, STEP_MS)
