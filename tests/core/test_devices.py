"""The settings with which JAX compiles for a CPU."""

import os
import subprocess
import sys
import warnings

import jax
import numpy as np
import pytest

from mlp_core import STAGES, Settings
from mlp_core.engine import compiled, setup, starts
from mlp_core.engine.setup import set_up_cpu, warn_of_idle_cores

SHORT = Settings(steps=45)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="an accelerator has kernels of its own")
def test_a_run_is_one_kernel():
    fixes = STAGES["final"]
    first = starts.initial(SHORT, fixes)
    state = compiled.start(first.flat, SHORT.shape, 1)
    plan = compiled.plan(SHORT, fixes, np.array([SHORT.steps]))
    stretch = compiled.Stretch(0, SHORT.steps, 0, 1)

    arguments = (state, starts.examples(SHORT), plan, stretch, first.unravel)
    lowered = compiled._advance[True].lower(*arguments)

    program = lowered.compile().as_text()
    entry = program[program.index("\nENTRY") :]
    assert 'xla_cpu_small_call="true"' in entry
    assert "while(" not in entry


def test_other_flags_of_the_environment_stay(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_other=1")

    set_up_cpu()

    other, ours = os.environ["XLA_FLAGS"].split()
    assert other == "--xla_other=1"
    assert "xla_cpu_small_while_loop_byte_threshold" in ours


def test_the_same_flag_of_the_environment_stays(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_extra_options=xla_cpu_x=1")

    set_up_cpu()

    assert os.environ["XLA_FLAGS"] == "--xla_backend_extra_options=xla_cpu_x=1"


def test_importing_the_package_changes_nothing():
    code = "import os; before = dict(os.environ); import mlp_core; assert os.environ == before"

    done = subprocess.run([sys.executable, "-c", code], env=os.environ | {"XLA_FLAGS": ""})

    assert done.returncode == 0


def test_a_sweep_says_once_that_cores_are_idle(monkeypatch):
    warn_of_idle_cores.cache_clear()
    monkeypatch.delenv("JAX_NUM_CPU_DEVICES", raising=False)
    monkeypatch.setattr(setup, "num_cores", lambda: 4)

    with pytest.warns(UserWarning, match="uses one of 4 cores"):
        warn_of_idle_cores("cpu", 1)
    warn_of_idle_cores("cpu", 1)  # a second warning would be an error


@pytest.mark.parametrize(("platform", "num_devices"), [("gpu", 1), ("cpu", 4)])
def test_a_sweep_on_all_there_is_says_nothing(platform, num_devices, monkeypatch):
    warn_of_idle_cores.cache_clear()
    monkeypatch.delenv("JAX_NUM_CPU_DEVICES", raising=False)
    monkeypatch.setattr(setup, "num_cores", lambda: 4)

    with warnings.catch_warnings(record=True) as told:
        warn_of_idle_cores(platform, num_devices)

    assert told == []
