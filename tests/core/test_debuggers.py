"""The table of the debugging tools: its rules, and a sample of the table measured again."""

import subprocess
import sys

import jax
import numpy as np
import pytest

from mlp_core import Settings
from mlp_core.debuggers import CASES, load, measured, save, shipped
from mlp_core.debuggers.scripts import Script
from mlp_core.debuggers.tools import TOOLS, Alarm, outcome
from mlp_core.switches import STAGED

CASE = {case.name: case for case in CASES}


def test_every_bug_is_alone_in_one_case():
    assert [case.bugs for case in CASES[1 : len(STAGED) + 1]] == [(bug,) for bug in STAGED]
    assert CASE["sound"].bugs == ()
    assert CASE["v1"].bugs == STAGED


HEAD = "W = scale * jax.random.normal(W_key, (1, HIDDEN[-1]))"
DIVISION = "a = (a - mean) / a.std(axis=1, keepdims=True)"
LOSS = "return jnp.mean((predict(params, x) - y) ** 2)"
UPDATE = "params, opt_state = step(params, opt_state, x, y)"
SHAPES = "traced for (256, 5), (0, 5)"


@pytest.mark.parametrize(
    ("case", "message", "line", "expected"),
    [
        ("split_keys", "used twice", HEAD, "caught"),  # uses the key that the bug's line sets
        ("split_keys", "nan", LOSS, "symptom"),
        ("split_keys", "the loss is high", "", "symptom"),
        ("norm_epsilon", "nan", DIVISION, "caught"),
        ("whole_batches", "division by zero", UPDATE, "symptom"),
        ("whole_batches", SHAPES, "", "caught"),
        ("adamw", SHAPES, "", "symptom"),
        ("v1", "used twice", HEAD, "caught"),
        ("sound", "nan", HEAD, "false alarm"),
    ],
    ids=range(9),
)
def test_an_alarm_at_the_bug_is_a_catch_and_another_one_a_symptom(case, message, line, expected):
    script = Script(Settings(), CASE[case].fixes)
    lines = [each.text.strip() for each in script.lines]

    alarm = Alarm(message, lines.index(line) + 1 if line else 0)

    assert outcome(CASE[case], script, alarm) == expected


def test_a_tool_that_says_nothing_is_silent():
    assert outcome(CASE["v1"], Script(Settings(), CASE["v1"].fixes), None) == "silent"


def test_the_shipped_table_is_whole():
    table = shipped()

    places = [(cell.tool, cell.case) for cell in table.cells]
    assert places == [(tool.name, case.name) for tool in TOOLS for case in CASES]
    assert {"python", "jax", "optax"} <= table.versions.keys()
    for cell in table.cells:
        assert (cell.outcome == "silent") == (cell.message == "")
        assert cell.cost > 0


def test_no_tool_complains_about_the_sound_program():
    assert {cell.outcome for cell in shipped().cells if cell.case == "sound"} == {"silent"}


@pytest.mark.parametrize(
    ("tool", "case", "expected"),
    [
        ("key_reuse_PRNGKey", "split_keys", "silent"),
        ("key_reuse_key", "split_keys", "caught"),
        ("debug_nans", "whole_batches", "symptom"),
        ("traced_shapes", "whole_batches", "caught"),
        ("least_squares", "bias_before_norm", "symptom"),
    ],
)
def test_what_the_table_says_of_the_posts_bugs(tool, case, expected):
    outcomes = {(cell.tool, cell.case): cell.outcome for cell in shipped().cells}

    assert outcomes[tool, case] == expected


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
    """Tries two tools that catch the bug, one with a symptom, and one that is silent."""
    again = measured(tool, cases, rounds=0)

    stored = [cell for cell in shipped().cells if cell.tool == tool and cell.case in cases]
    assert [cell[:3] for cell in again] == [cell[:3] for cell in stored]
    assert [cell.line for cell in again] == [cell.line for cell in stored]
    assert all(np.isnan(cell.cost) for cell in again)
    assert not jax.config.jax_debug_nans
    assert np.isnan(jax.numpy.log(-1.0))


def test_reading_the_table_needs_no_jax():
    """Importing JAX on a page while a training thread imports it can fail as a circular import."""
    code = "import sys; from mlp_core import debuggers; debuggers.shipped(); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "mlp_core.debuggers" in done.stdout.split()
    assert "jax" not in done.stdout.split()


def test_a_trial_that_fails_is_told():
    with pytest.raises(RuntimeError, match="the process that runs no_such_tool failed"):
        measured("no_such_tool", [])


def test_a_table_comes_back_from_its_file(tmp_path):
    save(tmp_path / "table.parquet", shipped().cells)

    assert load(tmp_path / "table.parquet").cells == shipped().cells


def test_another_file_is_refused(tmp_path):
    (tmp_path / "table.parquet").write_text("no table")

    with pytest.raises(ValueError, match="must be a table stored by"):
        load(tmp_path / "table.parquet")
