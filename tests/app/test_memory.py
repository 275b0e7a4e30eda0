"""Compiled programs are evicted when memory is short, which changes nothing but the speed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import pytest

from dashboard.work import memory
from mlp_core import STAGES, Settings, train

TINY = Settings(steps=20, hidden=(2,), examples=100, batch_size=8)
SHORT = memory.SHORT_FROM_MB


@pytest.fixture
def drops(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], int]:
    """Returns a function from a memory use in MB to the number of evictions so far."""
    monkeypatch.setattr(memory, "_drops", 0)
    monkeypatch.setattr(memory, "_left_mb", 0.0)

    def at(used_mb: float) -> int:
        monkeypatch.setattr(memory, "_used_mb", lambda: used_mb)
        memory.make_room()
        return memory.drops()

    return at


def test_programs_are_dropped_only_where_memory_is_short(drops: Callable[[float], int]) -> None:
    train(TINY, STAGES["final"])
    client = jax.devices()[0].client
    before = len(client.live_executables())

    assert drops(SHORT - 1) == 0
    assert len(client.live_executables()) >= before
    assert drops(SHORT) == 1
    assert len(client.live_executables()) < before / 2


def test_memory_that_a_drop_did_not_free_is_no_reason_for_another(
    drops: Callable[[float], int],
) -> None:
    used = (SHORT + 50, SHORT + 50, SHORT + 50 + memory.WORTH_MB)

    assert [drops(each) for each in used] == [1, 1, 2]


def test_a_peak_that_is_over_does_not_raise_the_limit(drops: Callable[[float], int]) -> None:
    assert [drops(each) for each in (2 * SHORT, SHORT / 2, SHORT)] == [1, 1, 2]


def test_a_run_goes_on_while_programs_are_dropped(drops: Callable[[float], int]) -> None:
    run = train(TINY, STAGES["final"])

    with ThreadPoolExecutor(3) as threads:
        again = [threads.submit(train, TINY, STAGES["final"]) for _ in range(8)]
        for number in range(8):
            drops(SHORT + number * memory.WORTH_MB)
        for one in again:
            np.testing.assert_array_equal(one.result().batch_loss, run.batch_loss)

    assert memory.drops() == 8
