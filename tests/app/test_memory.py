"""What is compiled is dropped where memory is short, and nobody notices but by the clock."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import numpy as np
import pytest

from dashboard.work import memory
from dashboard.work.jobs import Job, Workers
from mlp_core import STAGES, Settings, train

TINY = Settings(steps=20, hidden=(2,), examples=100, batch_size=8)

REPOSITORY = Path(__file__).parents[2]

Use = Callable[[float], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Returns a function that sets how much memory the process seems to use, in MB."""
    monkeypatch.setattr(memory, "_room", memory._Room())
    return lambda used_mb: monkeypatch.setattr(memory, "_used_mb", lambda: used_mb)


def test_a_program_takes_little_memory() -> None:
    """In a process of its own: what this one has let go of before would be used first."""
    programs = 100
    grown_mb = printed(f"""
import jax.numpy as jnp
from dashboard.work import memory
jnp.ones(1).block_until_ready()
memory.make_room()
before = memory._used_mb()
for size in range({programs}):
    jnp.exp(jnp.ones(size + 2)).block_until_ready()
print(memory._used_mb() - before)
""")

    assert 0 < grown_mb / programs < 0.8


def test_what_a_large_program_took_to_compile_goes_back_to_the_system() -> None:
    left_free_mb = printed("""
from dashboard.work import memory
from mlp_core import STAGES, Settings, train
settings = Settings(hidden=(64,) * 4, steps=20)
memory.make_room()
memory.LARGE_FROM_SECONDS = 0.1
train(settings, STAGES["final"])
before = memory._used_mb()
memory._give_back()
print(before - memory._used_mb())
""")

    assert left_free_mb < 40


def printed(script: str) -> float:
    """Returns the number that a script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def test_nothing_is_dropped_while_there_is_room(use: Use) -> None:
    use(memory.SHORT_FROM_MB - 1)

    memory.make_room()

    assert memory.drops() == 0


def test_programs_go_where_memory_is_short(use: Use) -> None:
    train(TINY, STAGES["final"])
    client = jax.devices()[0].client
    before = len(client.live_executables())
    use(memory.SHORT_FROM_MB)

    memory.make_room()

    assert memory.drops() == 1
    assert len(client.live_executables()) < before / 2


def test_what_dropping_did_not_give_back_is_no_reason_to_drop_again(use: Use) -> None:
    most = memory.SHORT_FROM_MB + 100
    for used, drops in ((most, 1), (most, 1), (most + memory.WORTH_MB, 2)):
        use(used)
        memory.make_room()
        assert memory.drops() == drops


def test_a_peak_that_is_over_does_not_raise_the_limit(use: Use) -> None:
    for used, drops in ((900, 1), (400, 1), (memory.SHORT_FROM_MB, 2)):
        use(used)
        memory.make_room()
        assert memory.drops() == drops


def test_a_run_goes_on_while_programs_are_dropped(
    use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(TINY, STAGES["final"])
    use(memory.SHORT_FROM_MB)
    monkeypatch.setattr(memory, "WORTH_MB", 0.0)

    with ThreadPoolExecutor(3) as threads:
        again = [threads.submit(train, TINY, STAGES["final"]) for _ in range(8)]
        dropped = [threads.submit(memory.make_room) for _ in range(8)]
        for one in again:
            np.testing.assert_array_equal(one.result().batch_loss, run.batch_loss)
        assert all(one.result() is None for one in dropped)

    assert memory.drops() == 8


def test_room_is_made_before_a_job_begins_and_not_before_each_chunk() -> None:
    done: list[str] = []

    def chunks() -> Iterator[int]:
        for chunk in range(3):
            done.append(f"chunk {chunk}")
            yield chunk

    workers = Workers(threads=1, keep=1, before=lambda: done.append("room"))
    job: Job[int] = workers.start("job", chunks)
    ended = job.wait(10)
    workers.close()

    assert ended
    assert done == ["room", "chunk 0", "chunk 1", "chunk 2"]


def test_a_failure_to_make_room_is_told_by_the_job_and_the_next_one_runs() -> None:
    problems = iter([OSError("no room"), None])

    def before() -> None:
        if (problem := next(problems)) is not None:
            raise problem

    workers = Workers(threads=1, keep=2, before=before)
    jobs = [workers.start(name, lambda: iter([1])) for name in ("first", "second")]
    ended = all(job.wait(10) for job in jobs)
    errors = sorted(str(job.error) for job in jobs)
    workers.close()

    assert ended
    assert errors == ["None", "no room"]
