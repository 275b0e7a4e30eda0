"""Stop only affects the session that presses it: others that view the same work continue."""

import time
from collections import Counter
from functools import partial
from typing import NamedTuple

import pytest
from streamlit.testing.v1 import AppTest

import mlp_core
from dashboard.work import timings
from dashboard.work.jobs import Job
from mlp_core.engine.training import Run
from mlp_core.timing.figures import Progress
from tests.app.conftest import opened_at, run_until


class Work(NamedTuple):
    """A shared job, and the buttons on the page that shows it."""

    page: str
    stop: str
    go_on: str
    begin: str | None = None
    grid: str = ""
    held_from: type = object
    """The job makes no progress after a result of this class."""


TINY = {"steps": "20", "hidden": "2", "examples": "100", "batch_size": "8"}
WORKS = {
    "run": Work("lab", "stop_run", "train_on", held_from=Run),
    "timing": Work("lab", "stop_timing", "measure_again", held_from=Progress),
    "needed runs": Work("story", "stop_needed", "go_on_needed"),
    "evidence": Work("diagnosis", "stop_gathering", "go_on_gathering"),
    "sweep": Work("seeds", "stop_sweep", "go_on_sweep", "begin_sweep", grid="computed here"),
    "measurement": Work("speed", "stop_forms", "measure_forms", "measure_forms"),
}


def has(app: AppTest, key: str) -> bool:
    return key in [button.key for button in app.button]


@pytest.mark.usefixtures("fresh_caches")
@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
def test_one_session_stops_and_the_other_goes_on(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance, turns = Job.advance, Counter[Job[object]]()

    def held(job: Job[object]) -> None:
        if not isinstance(job.latest, work.held_from):
            advance(job)
            return
        time.sleep(0.01)
        turns[job] += 1

    monkeypatch.setattr(Job, "advance", held)
    monkeypatch.setattr(timings, "ON_REQUEST", False)
    # The first chunk of the run is not the whole run.
    monkeypatch.setattr(
        mlp_core, "train_chunks", partial(mlp_core.train_chunks, chunk_seconds=1e-9)
    )
    link = TINY | ({"grid": work.grid} if work.grid else {})
    first = opened_at(work.page, **link)
    if work.begin:
        first.button(key=work.begin).click().run()
    run_until(first, lambda: has(first, work.stop))
    second = opened_at(work.page, **link)
    run_until(second, lambda: has(second, work.stop))

    first.button(key=work.stop).click().run()

    run_until(first, lambda: has(first, work.go_on))
    assert not has(first, work.stop)
    second.run()
    assert has(second, work.stop)
    before = turns.copy()
    time.sleep(0.2)
    assert turns > before

    first.button(key=work.go_on).click().run()

    run_until(first, lambda: has(first, work.stop))
