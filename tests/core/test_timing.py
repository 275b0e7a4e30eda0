"""The timing of a training in five forms: its counts, its losses, its file. Never its times."""

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import jax
import numpy as np
import pytest

from mlp_core import STAGES, Settings, dataset, init_optimizer, predict, step, train
from mlp_core.data.table import Table, closed, opened
from mlp_core.engine.estimate import MOST_STEPS, measurable
from mlp_core.engine.python_loop import PythonBatches, PythonLoop
from mlp_core.engine.starts import initial
from mlp_core.timing import forms, growth, measuring, rest, stored
from mlp_core.timing.figures import FORMS, Figures, Measurement, Point, pays_after, spread
from mlp_core.timing.forms import EagerLoop, StepLoop, Stepping
from mlp_core.timing.programs import Program

TINY = Settings(steps=30, hidden=(3,), examples=190, batch_size=32)
FIXES = STAGES["batches"]
ROUNDS = 2


@pytest.fixture(scope="module")
def progress():
    """Everything that a measurement yields."""
    return list(measuring.measure(TINY, FIXES, ROUNDS, round_seconds=0.02))


@pytest.fixture(scope="module")
def measurement(progress):
    """A measurement of a tiny training, all parts but growth."""
    *_, last = rest.with_rests(progress[-1].measurement)
    return last.measurement


def figures(form: str, start_ms: float = 0.0, step_ms: float = 1.0) -> Figures:
    return Figures(form, 1, start_ms / 2, start_ms / 2, 1.0, 0.0, 1.0, (step_ms,), 0.0, 1)


def test_every_form_is_measured_in_every_round(measurement):
    assert tuple(each.form for each in measurement.figures) == FORMS
    for each in measurement.figures:
        assert len(each.step_ms) == ROUNDS
        assert min(each.step_ms) > 0
        assert min(each.trace_ms, each.compile_ms, each.first_ms) > 0


def test_all_forms_give_the_same_losses(measurement):
    for each in measurement.figures:
        assert each.difference < 1e-5
        assert each.compared >= (1 if each.form == "sweep" else TINY.steps_per_epoch)


@pytest.mark.parametrize("loop", [EagerLoop, StepLoop])
@pytest.mark.parametrize("stage", ["v1", "batches"])
def test_each_loop_trains_as_the_engine_does(loop, stage):
    fixes = STAGES[stage]
    run = train(TINY, replace(fixes, jit_step=True), record_at=(12,))

    mine = loop(TINY, fixes, np.array([12]))
    mine.advance(12)

    np.testing.assert_allclose(mine.losses.batch_loss[:12], run.batch_loss[:12], rtol=1e-5)
    np.testing.assert_allclose(mine.losses.val_loss, run.val_loss, rtol=1e-5)


def test_a_difference_would_be_seen():
    nothing, whole = forms.forms(TINY, FIXES, 0.01, ("nothing", "loop"))
    list(whole.warm_up())
    nothing._losses = whole.losses[:4] * np.array([1, 1, 1.5, 1], np.float32)

    found = forms.differences((nothing, whole))

    assert found == {"nothing": (pytest.approx(0.5), 4), "loop": (0.0, TINY.steps)}


def test_one_program_is_one_dispatch_for_a_whole_run(measurement):
    loop, sweep = measurement.of("loop"), measurement.of("sweep")

    assert (loop.programs, sweep.programs) == (1, 1)
    assert loop.dispatches == 1 / TINY.steps
    assert sweep.dispatches == 1 / TINY.steps / measurement.devices


@pytest.mark.parametrize("loop", [PythonLoop, StepLoop])
def test_dispatches_are_about_those_that_the_profiler_sees(loop, tmp_path):
    counted = Stepping("", loop, TINY, STAGES["final"], None, 0.1).dispatches
    running = loop(TINY, STAGES["final"], np.array([TINY.steps]))
    running.advance(8)

    with jax.profiler.trace(str(tmp_path)):
        running.advance(12)
        jax.block_until_ready(running.params)

    (file,) = tmp_path.rglob("*.xplane.pb")
    planes = jax.profiler.ProfileData.from_file(str(file)).planes
    names = Counter(event.name for plane in planes for line in plane.lines for event in line.events)
    seen = sum(count for name, count in names.items() if "::ExecuteHelper" in name) / 4
    assert 0.8 * counted <= seen <= counted


def test_a_program_is_traced_and_compiled_anew_each_time():
    traces, hits = [], []

    def double(x):
        traces.append(x.shape)
        return 2 * x

    def listen(event, **_):
        hits.extend([event] if "cache_hits" in event else [])

    jax.monitoring.register_event_listener(listen)
    program = Program(double, (np.ones(3),))

    for _ in range(2):
        program.stages()

    jax.monitoring.unregister_event_listener(listen)
    assert traces == [(3,), (3,)]
    assert hits == []


def test_a_measurement_can_be_left_at_any_piece(progress):
    """Each program and each form's round is a piece of its own."""
    texts = Counter(each.text for each in progress)
    shares = [each.share for each in progress]

    assert shares == sorted(shares)
    assert shares[-1] == 1
    programs = sum(each.programs for each in progress[-1].measurement.figures)
    assert sum(texts[text] for text in texts if "programs" in text) == programs
    assert all(texts[f"Timing, round {n} of {ROUNDS}"] >= len(FORMS) for n in range(1, ROUNDS + 1))
    assert all(not each.measurement.figures for each in progress[:-1])


def test_padding_changes_no_loss(measurement):
    as_it_is, padded, _ = measurement.rests

    assert as_it_is.shapes == ((32, 5), (24, 5))
    assert padded.shapes == ((32, 5),)
    assert padded.val_loss == pytest.approx(as_it_is.val_loss, rel=1e-5)
    assert padded.train_loss == pytest.approx(as_it_is.train_loss, rel=1e-5)


def test_dropping_leaves_out_the_batches_that_are_not_whole(measurement):
    fixes, data = replace(FIXES, jit_step=True), dataset(TINY)
    params, rows = initial(TINY, fixes).params, PythonBatches(TINY, fixes)
    opt_state, updates = init_optimizer(params), 0
    while updates < TINY.steps:
        batch = rows.next_rows()
        if len(batch) == TINY.batch_size:
            x, y = data.x_train[batch], data.y_train[batch]
            params, opt_state, _ = step(params, opt_state, x, y, TINY, fixes)
            updates += 1

    val_loss = float(np.mean((predict(params, data.x_val, fixes) - data.y_val) ** 2))

    dropped = measurement.rests[2]
    assert dropped.val_loss == pytest.approx(val_loss, rel=1e-4)
    assert dropped.val_loss != pytest.approx(measurement.rests[0].val_loss, rel=1e-4)


def test_growth_has_a_point_for_each_size_and_form():
    start = Measurement(TINY, FIXES, devices=1)

    *_, last = growth.grown(start, {"steps": (10, 20), "batch_size": (100_000,)}, rounds=1)

    points = last.measurement.points
    assert [(p.axis, p.size, p.form) for p in points] == [
        ("steps", size, form) for size in (10, 20) for form in FORMS
    ]
    assert all(len(point.step_ms) == 1 and point.step_ms[0] > 0 for point in points)


def test_a_run_stands_in_the_growth_at_the_steps_it_has():
    sizes = growth.SIZES["steps"]
    large = Settings(hidden=(64,) * 4, batch_size=1024)

    assert [growth._resized(Settings(), "steps", size).steps for size in sizes] == list(sizes)
    assert growth._resized(large, "steps", sizes[0]).steps == sizes[0]
    assert growth._resized(large, "steps", sizes[-1]) is None


@pytest.mark.parametrize(
    ("starts", "steps"),
    [((10, 100), (5, 2)), ((0, 7), (3, 0.5)), ((5, 5), (2, 1)), ((9, 1), (2, 1))],
)
def test_compiling_pays_after_as_many_steps_as_a_count_says(starts, steps):
    before, after = (figures("step", *of) for of in zip(starts, steps, strict=True))

    counted = next(n for n in range(1000) if starts[1] + n * steps[1] < starts[0] + n * steps[0])

    assert pays_after(before, after) == counted


def test_what_saves_nothing_never_pays():
    assert pays_after(figures("step", 1, 1), figures("loop", 2, 1)) is None
    assert pays_after(figures("step", 1, 1), figures("loop", 2, 3)) is None


def test_the_spread_is_that_of_the_quartiles():
    values = (3.0, 1.0, 10.0, 4.0, 2.0, 8.0)

    assert spread(values) == pytest.approx(tuple(np.percentile(values, [25, 50, 75])))


def test_a_long_run_is_cut_short():
    assert measurable(Settings(steps=10_000)).steps == MOST_STEPS
    assert measurable(Settings(steps=3)).steps == 3
    assert measurable(Settings(batch_size=1024)).steps < 800, "the batches would take much memory"
    wide = measurable(Settings(hidden=(64,) * 4, batch_size=1024))
    assert 10 <= wide.steps < 100


def test_a_measurement_comes_back_as_it_was_stored(measurement, tmp_path):
    file = tmp_path / "speed.json"
    whole = replace(measurement, points=(Point("width", 8, "loop", (0.5, 0.25)),))

    stored.save(file, whole)

    found = stored.load(file)
    assert found.measurement == whole
    assert (found.machine, found.cores) == (stored.machine(), stored.cores())
    assert found.versions["jax"] == jax.__version__


def _without_a_form(content):
    del content["measurement"]["figures"][0]


def _with_a_wrong_time(content):
    content["measurement"]["figures"][0]["step_ms"] = [-1.0]


def _with_wrong_settings(content):
    content["measurement"]["settings"]["steps"] = 0


def _without_a_machine(content):
    del content["machine"]


@pytest.mark.parametrize(
    "spoil", [_without_a_form, _with_a_wrong_time, _with_wrong_settings, _without_a_machine]
)
def test_a_spoilt_file_is_refused(spoil, measurement, tmp_path):
    file = tmp_path / "speed.json"
    stored.save(file, measurement)
    content = json.loads(file.read_text())
    spoil(content)
    file.write_text(json.dumps(content))

    with pytest.raises(ValueError, match=r"must be made by `python -m mlp_core timing`"):
        stored.load(file)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"measurement": 1}'])
def test_what_is_no_such_file_is_refused(text, tmp_path):
    file = tmp_path / "speed.json"
    file.write_text(text)

    with pytest.raises(ValueError, match="must be made by"):
        stored.load(file)


def test_a_wide_table_with_large_batches_can_be_measured():
    x = np.random.default_rng(0).normal(size=(6000, 60))
    task = opened(Table(tuple(f"x{column}" for column in range(60)), "y", x, x[:, 0]))

    assert 10 <= measurable(Settings(task=task, batch_size=1024, steps=100)).steps < 100

    closed(task)


def test_the_shipped_file_is_of_the_posts_settings_with_all_its_forms():
    found = stored.shipped()

    assert found.measurement.settings == Settings()
    assert found.measurement.fixes == STAGES["final"]
    assert {point.axis for point in found.measurement.points} == set(growth.SIZES)
    assert all(each.difference < 1e-3 for each in found.measurement.figures)
    losses = [each.val_loss for each in found.measurement.rests]
    assert losses[1] == pytest.approx(train(Settings(), STAGES["final"]).final_val_loss, rel=1e-3)
    assert all(a != b for a, b in pairwise(losses[1:]))
