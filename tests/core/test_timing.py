"""The timing of a training loop in five forms: its counts, losses, and process, never times."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import jax
import numpy as np
import pytest

from mlp_core import STAGES, Settings, train
from mlp_core.data.table import Table, closed, opened
from mlp_core.timing import figures, measure, process
from mlp_core.timing.figures import (
    FORMS,
    MOST_STEPS,
    Figures,
    Measurement,
    Point,
    Progress,
    Request,
    measurable,
    pays_after,
)
from mlp_core.timing.forms import EagerLoop, StepLoop

TINY = Settings(steps=30, hidden=(3,), examples=190, batch_size=32)
FIXES = STAGES["batches"]
HOSTILE = {"JAX_ENABLE_X64": "1", "JAX_DEFAULT_PRNG_IMPL": "rbg", "JAX_DEBUG_NANS": "1"}


@pytest.fixture(scope="module")
def progress() -> list[Progress]:
    """All results of a measurement in a separate process, with hostile JAX flags."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in HOSTILE.items():
            patch.setenv(name, value)
        return list(process.measured(Request("forms", TINY, FIXES)))


@pytest.fixture(scope="module")
def measurement(progress: list[Progress]) -> Measurement:
    return progress[-1].measurement


def figures_of(form: str, start_ms: float = 0.0, step_ms: float = 1.0) -> Figures:
    return Figures(form, 1, start_ms / 2, start_ms / 2, 1.0, 0.0, 1.0, (step_ms,), 0.0, 1)


def test_every_form_is_measured_in_every_round(measurement: Measurement) -> None:
    assert tuple(each.form for each in measurement.figures) == FORMS
    for each in measurement.figures:
        assert len(each.step_ms) == measure.ROUNDS
        assert min(each.step_ms) > 0
        assert min(each.trace_ms, each.compile_ms, each.first_ms) > 0


def test_progress_ends_with_the_whole_measurement(progress: list[Progress]) -> None:
    shares = [each.share for each in progress]

    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert (progress[-1].measurement.settings, progress[-1].measurement.fixes) == (TINY, FIXES)


def test_all_forms_give_the_same_losses(measurement: Measurement) -> None:
    for each in measurement.figures:
        assert each.difference < 1e-5
        assert each.compared >= (1 if each.form == "sweep" else TINY.steps_per_epoch)


@pytest.mark.parametrize("loop", [EagerLoop, StepLoop])
@pytest.mark.parametrize("stage", ["v1", "batches"])
def test_each_loop_trains_as_the_engine_does(loop: type[EagerLoop], stage: str) -> None:
    fixes = STAGES[stage]
    run = train(TINY, replace(fixes, jit_step=True), record_at=(12,))

    mine = loop(TINY, fixes, np.array([12]))
    mine.advance(12)

    np.testing.assert_allclose(mine.losses.batch_loss[:12], run.batch_loss[:12], rtol=1e-5)
    np.testing.assert_allclose(mine.losses.val_loss, run.val_loss, rtol=1e-5)


def test_a_difference_of_losses_is_found_and_nan_beside_nan_is_none() -> None:
    mine, theirs = np.array([1.0, np.nan, 3.0]), np.array([1.0, np.nan, 2.0, 9.0])

    assert measure.difference(mine, theirs) == (0.5, 2)


def test_the_less_is_compiled_as_one_the_more_programs_and_dispatches(
    measurement: Measurement,
) -> None:
    programs = [each.programs for each in measurement.figures]
    dispatches = [each.dispatches for each in measurement.figures]

    assert programs[0] > programs[1] > programs[2] > programs[3] == programs[4] == 1
    assert dispatches[0] > dispatches[1] > dispatches[2] > 1
    assert dispatches[3:] == [1 / TINY.steps, 1 / TINY.steps / measurement.devices]


def test_a_first_call_finds_nothing_compiled() -> None:
    traces: list[tuple[int, ...]] = []

    @jax.jit
    def double(x: jax.Array) -> jax.Array:
        traces.append(x.shape)
        return 2 * x

    calls = [measure.first_call(lambda: double(np.ones(3))) for _ in range(2)]

    assert traces == [(3,), (3,)]
    assert [call.programs for call in calls] == [1, 1]


def test_padding_changes_no_loss(measurement: Measurement) -> None:
    as_it_is, padded, _ = measurement.rests
    run = train(TINY, replace(FIXES, jit_step=True))

    assert as_it_is.shapes == ((32, 5), (24, 5))
    assert padded.shapes == ((32, 5),)
    for rest in (as_it_is, padded):
        assert rest.val_loss == pytest.approx(run.final_val_loss, rel=1e-5)
        assert rest.train_loss == pytest.approx(run.final_train_loss, rel=1e-5)


def test_dropping_leaves_out_the_rows_behind_the_last_whole_batch() -> None:
    loop = measure.WholeBatchesLoop(TINY, FIXES, np.array([TINY.steps]))

    batches = [loop.next_batch() for _ in range(2 * 4)]

    assert TINY.num_train == 4 * 32 + 24
    assert {x.shape for x, _ in batches} == {(32, 5)}
    for epoch in (batches[:4], batches[4:]):
        rows = np.concatenate([x for x, _ in epoch])
        assert len(np.unique(rows, axis=0)) == len(rows)


def test_the_lab_is_given_the_form_of_its_switch_first() -> None:
    requests = [Request("steps", TINY, replace(FIXES, jit_step=on)) for on in (False, True)]

    first = [next(measure.measured(request)).measurement.points for request in requests]

    assert [[point.form for point in points] for points in first] == [["gradient"], ["step"]]


def test_growth_has_a_point_for_each_size_and_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "SIZES", {"steps": (10, 20), "batch_size": (100_000,)})
    monkeypatch.setattr(measure, "GROWTH_ROUNDS", 1)

    *_, last = measure.measured(Request("growth", TINY, FIXES))

    points = last.measurement.points
    assert [(p.axis, p.size, p.form) for p in points] == [
        ("steps", size, form) for size in (10, 20) for form in FORMS
    ]
    assert all(len(point.step_ms) == 1 and point.step_ms[0] > 0 for point in points)


@pytest.fixture
def own_task() -> Iterator[str]:
    """The task of a user's own table."""
    x = np.random.default_rng(0).normal(size=(50, 3))
    task = opened(Table(("a", "b", "c"), "y", x, x[:, 0]))
    yield task
    closed(task)


def test_a_readers_own_table_reaches_the_process(own_task: str) -> None:
    settings = Settings(task=own_task, steps=5, batch_size=8, hidden=(3,))

    *_, last = process.measured(Request("steps", settings, FIXES))

    assert last.measurement.settings == settings
    assert [point.form for point in last.measurement.points] == ["gradient", "step", "loop"]


def children() -> set[int]:
    """Returns the child processes of this process, including zombies."""
    return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))


@pytest.fixture
def none_idle() -> None:
    """Ensures that no measuring process is idle."""
    process.idle.end()


@pytest.mark.usefixtures("none_idle")
def test_the_next_measurement_uses_the_same_process() -> None:
    before = children()

    used = []
    for number in (1, 2):
        list(process.measured(Request("steps", replace(TINY, seed=number), FIXES)))
        used.append(children() - before)

    assert used[0] == used[1]
    assert len(used[0]) == 1
    process.idle.end()
    assert children() == before


def test_a_process_without_requests_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "IDLE_SECONDS", 0.01)
    reading, writing = os.pipe()

    with open(reading, "rb", buffering=0) as stream, open(writing, "wb"):
        assert list(process.received(stream)) == []


@pytest.mark.usefixtures("none_idle")
def test_closing_the_iterator_ends_the_process_at_once() -> None:
    before, running = children(), process.measured(Request("growth", Settings(), FIXES))
    next(running)
    (child,) = children() - before
    while os.getpriority(os.PRIO_PROCESS, child) < measure.NICENESS:
        next(running)
    began = time.monotonic()

    running.close()

    assert time.monotonic() - began < 2
    assert children() == before


@pytest.mark.usefixtures("none_idle")
def test_a_killed_process_is_told_in_one_sentence() -> None:
    before, running = children(), process.measured(Request("growth", Settings(), FIXES))
    next(running)
    (child,) = children() - before

    os.kill(child, signal.SIGKILL)

    with pytest.raises(RuntimeError, match=r"^the measuring process was ended by signal 9; .*$"):
        list(running)
    assert children() == before


def test_an_error_in_the_process_is_told_without_its_traceback(
    capfd: pytest.CaptureFixture[str],
) -> None:
    wrong = replace(Settings(), task="csv-50x3-unknown", batch_size=8)

    with pytest.raises(RuntimeError, match=r"^EOFError: .*$"):
        list(process.measured(Request("steps", wrong, FIXES)))

    assert "Traceback" not in capfd.readouterr().err


def test_the_process_ends_with_the_one_that_started_it() -> None:
    script = (
        "from mlp_core import *; from mlp_core.timing import process, figures; import os, time\n"
        "running = process.measured(figures.Request('forms', Settings(steps=20), Fixes()))\n"
        "while next(running).text == 'Starting': pass\n"
        "os._exit(os.EX_OK)"
    )
    before = measuring()

    subprocess.run([sys.executable, "-c", script], check=True)

    deadline = time.monotonic() + 30
    while measuring() - before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert measuring() <= before


def measuring() -> set[str]:
    """Returns all measuring processes on this machine."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"mlp_core.timing.measure" in file.read_bytes():
                found.add(file.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("starts", "steps"),
    [((10, 100), (5, 2)), ((0, 7), (3, 0.5)), ((5, 5), (2, 1)), ((9, 1), (2, 1))],
)
def test_compiling_pays_after_as_many_steps_as_a_count_says(
    starts: tuple[int, int], steps: tuple[float, float]
) -> None:
    before, after = (figures_of("step", *of) for of in zip(starts, steps, strict=True))

    counted = next(n for n in range(1000) if starts[1] + n * steps[1] < starts[0] + n * steps[0])

    assert pays_after(before, after) == counted


def test_what_saves_nothing_never_pays() -> None:
    assert pays_after(figures_of("step", 1, 1), figures_of("loop", 2, 1)) is None
    assert pays_after(figures_of("step", 1, 1), figures_of("loop", 2, 3)) is None


def test_a_long_run_is_cut_short() -> None:
    assert measurable(Settings(steps=10_000)).steps == MOST_STEPS
    assert measurable(Settings(steps=3)).steps == 3
    assert measurable(Settings(batch_size=1024)).steps < 800, "the batches would take much memory"
    wide = measurable(Settings(hidden=(64,) * 4, batch_size=1024))
    assert 10 <= wide.steps < 100


def test_a_measurement_comes_back_as_it_was_stored(
    measurement: Measurement, tmp_path: Path
) -> None:
    file = tmp_path / "speed.json"
    whole = replace(measurement, points=(Point("width", 8, "loop", (0.5, 0.25)),))

    figures.save(file, whole)

    found = figures.load(file)
    assert found.measurement == whole
    assert found.machine == figures.machine()
    assert found.versions["jax"] == jax.__version__


def _without_a_form(content: dict) -> None:
    del content["measurement"]["figures"][0]


def _with_wrong_settings(content: dict) -> None:
    content["measurement"]["settings"]["steps"] = 0


def _without_a_machine(content: dict) -> None:
    del content["machine"]


@pytest.mark.parametrize("spoil", [_without_a_form, _with_wrong_settings, _without_a_machine])
def test_a_spoilt_file_is_refused(spoil: Callable[[dict], None], tmp_path: Path) -> None:
    content = json.loads(figures.SHIPPED.read_text())
    spoil(content)
    file = tmp_path / "speed.json"
    file.write_text(json.dumps(content))

    with pytest.raises(ValueError, match=r"must be made by `python -m mlp_core timing`"):
        figures.load(file)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"measurement": 1}'])
def test_what_is_no_such_file_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "speed.json"
    file.write_text(text)

    with pytest.raises(ValueError, match="must be made by"):
        figures.load(file)


def test_the_shipped_file_is_of_the_posts_settings_with_all_its_forms() -> None:
    found = figures.shipped()

    assert found.measurement.settings == Settings()
    assert found.measurement.fixes == STAGES["final"]
    assert {point.axis for point in found.measurement.points} == set(measure.SIZES)
    assert all(each.difference < 1e-3 for each in found.measurement.figures)
    losses = [each.val_loss for each in found.measurement.rests]
    assert losses[1] == pytest.approx(train(Settings(), STAGES["final"]).final_val_loss, rel=1e-3)
    assert all(a != b for a, b in pairwise(losses[1:]))
