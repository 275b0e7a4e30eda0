"""How JAX compiles for a CPU."""

import os

import jax
import numpy as np
import pytest

from mlp_core import STAGES, Settings
from mlp_core.engine import compiled, starts
from mlp_core.engine.devices import compile_loops_whole

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

    compile_loops_whole()

    other, ours = os.environ["XLA_FLAGS"].split()
    assert other == "--xla_other=1"
    assert "xla_cpu_small_while_loop_byte_threshold" in ours


def test_the_same_flag_of_the_environment_stays(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_extra_options=xla_cpu_x=1")

    compile_loops_whole()

    assert os.environ["XLA_FLAGS"] == "--xla_backend_extra_options=xla_cpu_x=1"
