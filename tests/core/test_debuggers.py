"""The table of the debugging tools: its program, its rules, and a sample of it measured again."""

import subprocess
import sys
from dataclasses import replace

import jax
import numpy as np
import pytest

from mlp_core import Settings, train
from mlp_core.debuggers import CASES, SWITCHED_ON_BY, load, save, shipped, subject
from mlp_core.debuggers.alarms import Alarm, of_error, outcome
from mlp_core.debuggers.cases import PLACES
from mlp_core.debuggers.measuring import measured
from mlp_core.debuggers.subject import Harness
from mlp_core.debuggers.tools import TOOLS
from mlp_core.switches import SWITCHES

CASE = {case.name: case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_program_trains_like_the_engine(case):
    settings = Settings(seed=case.seed, steps=40)

    trained = subject.train(settings, case.fixes, Harness())

    run = train(settings, replace(case.fixes, jit_step=True))
    losses = run.train_loss[0], run.final_train_loss, run.final_val_loss
    np.testing.assert_allclose(trained[:3], losses, rtol=1e-3)


def test_typed_keys_draw_the_same_numbers():
    settings, fixes = Settings(steps=5), CASE["v1"].fixes

    raw, typed = (
        subject.train(settings, fixes, Harness(new_key=new_key))
        for new_key in (jax.random.PRNGKey, jax.random.key)
    )

    assert raw[:3] == typed[:3]
    assert np.isfinite(raw[:3]).all()


def test_one_batch_is_trained_on_alone():
    settings = Settings(steps=300, batch_size=16)

    fit = subject.train(settings, CASE["sound"].fixes, Harness(), one_batch=True)

    assert fit.batch_loss < 0.1
    assert fit.train_loss > 1


def test_every_bug_is_alone_in_one_case_and_has_a_place_in_the_program():
    assert [case.bugs for case in CASES[1 : len(SWITCHES) + 1]] == [(bug,) for bug in SWITCHES]
    assert CASE["sound"].bugs == ()
    assert CASE["v1"].bugs == SWITCHES
    assert PLACES.keys() == set(SWITCHES)
    functions = set(vars(subject)) | {"half"}
    assert set(PLACES.values()) <= functions


def test_an_error_points_at_the_innermost_line_of_the_program():
    try:
        subject.loss([], None, None, CASE["v1"].fixes)
    except ValueError as error:
        alarm = of_error(error)

    assert alarm.function == "predict"
    assert alarm.line == "layers, head = params"
    assert alarm.message.startswith("ValueError: not enough values to unpack")


@pytest.mark.parametrize(
    ("case", "alarm", "expected"),
    [
        ("split_keys", None, "silent"),
        ("split_keys", Alarm("used twice", "init", "b = ..."), "caught"),
        ("split_keys", Alarm("nan", "loss", "return ..."), "symptom"),
        ("split_keys", Alarm("the loss is high"), "symptom"),
        ("whole_batches", Alarm("traced for (256, 5), (0, 5)"), "caught"),
        ("adamw", Alarm("traced for (256, 5), (0, 5)"), "symptom"),
        ("v1", Alarm("used twice", "init", "b = ..."), "caught"),
        ("sound", Alarm("nan", "init", "b = ..."), "false alarm"),
    ],
    ids=range(8),
)
def test_an_alarm_at_the_bug_is_a_catch_and_another_one_a_symptom(case, alarm, expected):
    assert outcome(CASE[case], alarm) == expected


def test_the_shipped_table_is_whole():
    table = shipped()

    places = [(cell.tool, cell.case) for cell in table.cells]
    assert places == [(tool.name, case.name) for tool in TOOLS for case in CASES]
    assert {"python", "jax", "optax"} <= table.versions.keys()
    for cell in table.cells:
        assert (cell.outcome == "silent") == (cell.message == "")
        assert cell.cost > 0


def test_no_tool_complains_about_the_sound_program():
    assert {shipped().cell(tool.name, "sound").outcome for tool in TOOLS} == {"silent"}


def test_what_the_table_says_of_the_posts_bugs():
    table = shipped()

    assert table.cell("key_reuse_PRNGKey", "split_keys").outcome == "silent"
    assert table.cell("key_reuse_key", "split_keys").outcome == "caught"
    assert table.cell("debug_nans", "whole_batches").outcome == "symptom"
    assert "jnp.mean" in table.cell("debug_nans", "whole_batches").line
    assert table.cell("traced_shapes", "whole_batches").outcome == "caught"
    assert table.cell("least_squares", "bias_before_norm").outcome == "symptom"
    with pytest.raises(KeyError):
        table.cell("debug_nans", "no such case")


@pytest.mark.parametrize(
    ("tool", "cases"),
    [
        ("debug_nans", ["whole_batches"]),
        ("key_reuse_PRNGKey", ["split_keys"]),
        ("key_reuse_key", ["split_keys", "v1"]),
        ("traced_shapes", ["sound", "whole_batches"]),
    ],
)
def test_a_tool_tried_again_says_the_same_and_keeps_its_flags_to_itself(tool, cases):
    """Two that catch, a symptom and a silence; the command tries all of them again."""
    again = measured(tool, cases, rounds=0)

    stored = [cell for cell in shipped().cells if cell.tool == tool and cell.case in cases]
    assert [cell[:3] for cell in again] == [cell[:3] for cell in stored]
    assert [cell.line for cell in again] == [cell.line for cell in stored]
    assert all(np.isnan(cell.cost) for cell in again)
    assert not jax.config.jax_debug_nans
    assert np.isnan(jax.numpy.log(-1.0))


def test_every_tool_says_how_it_is_switched_on():
    assert [tool.name for tool in TOOLS] == list(SWITCHED_ON_BY)


def test_reading_the_table_needs_no_jax():
    """A page that imported it while a training did so too would end in a circular import."""
    code = "import sys; from mlp_core import debuggers; debuggers.shipped(); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "mlp_core.debuggers" in done.stdout.split()
    assert "jax" not in done.stdout.split()


def test_a_trial_that_fails_is_told():
    with pytest.raises(RuntimeError, match="trying no_such_tool must succeed"):
        measured("no_such_tool", [])


def test_a_table_comes_back_from_its_file(tmp_path):
    save(tmp_path / "table.parquet", shipped().cells)

    assert load(tmp_path / "table.parquet").cells == shipped().cells


def test_another_file_is_refused(tmp_path):
    (tmp_path / "table.parquet").write_text("no table")

    with pytest.raises(ValueError, match="must be a table stored by"):
        load(tmp_path / "table.parquet")
