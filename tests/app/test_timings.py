"""The time of a step of the real loop is without what compiling takes."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import streamlit as st

import mlp_core
from dashboard import timings
from dashboard.choice import Choice
from mlp_core import Fixes, Settings

STEP_SECONDS, COMPILE_SECONDS = 0.0005, 0.2
LOOP = Fixes(whole_batches=True)


@pytest.fixture(autouse=True)
def a_loop_that_compiles_where_jax_would(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every shape of a batch takes its time at the first update that has it, then no more."""
    compiled: set[int] = set()

    def train_chunks(
        settings: Settings, fixes: Fixes, chunk_seconds: float
    ) -> Iterator[SimpleNamespace]:
        rows = mlp_core.batches.rows_seen(settings, fixes).tolist()
        for done in range(0, settings.steps, 4):
            of_chunk = rows[done : done + 4]
            time.sleep(STEP_SECONDS * len(of_chunk))
            time.sleep(COMPILE_SECONDS * len(set(of_chunk) - compiled))
            compiled.update(of_chunk)
            yield SimpleNamespace(steps_done=done + len(of_chunk))

    monkeypatch.setattr(mlp_core, "train_chunks", train_chunks)
    yield
    st.cache_resource.clear()


@pytest.mark.parametrize(
    "settings",
    [
        Settings(examples=500, steps=60, batch_size=64),  # a smaller batch ends an epoch
        Settings(examples=500, steps=60, batch_size=16),
        Settings(examples=500, steps=3, batch_size=16),  # over before anything is warm
        Settings(examples=500, steps=40, batch_size=11),  # as long as an epoch
    ],
)
@pytest.mark.parametrize("fixes", [Fixes(), LOOP])
def test_compiling_is_left_out(settings: Settings, fixes: Fixes) -> None:
    job = timings.job(Choice(fixes, settings))

    assert job.wait(20)
    assert job.latest is not None
    assert job.latest.steps_done == settings.steps
    assert 1000 * STEP_SECONDS <= job.latest.step_ms < 10 * 1000 * STEP_SECONDS


def test_a_loop_that_is_still_timed_is_compared_with_nothing() -> None:
    choice = Choice(LOOP, Settings(examples=500, steps=1000))
    job = timings.job(choice)

    assert timings.looped(choice) is None
    assert job.wait(20)
    assert timings.looped(choice) == job.latest
