"""Background jobs are run in turn, cached, stopped, and resumed."""

import functools
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from dashboard.work import jobs, pool
from dashboard.work.jobs import Job
from dashboard.work.pool import Workers
from tests.app.conftest import wait_until

As = Callable[[str], None]


@pytest.fixture
def as_session(monkeypatch: pytest.MonkeyPatch) -> As:
    """Returns a function that makes the test act as the session with a given name."""
    return lambda name: monkeypatch.setattr(jobs, "reader", lambda: name)


@pytest.fixture
def worker() -> Iterator[Workers]:
    """Yields a pool with one thread that caches two jobs."""
    workers = Workers(threads=1, keep=2)
    yield workers
    workers.close()


def rests(job: Job[int], within_seconds: float = 5.0) -> bool:
    """Returns whether a job pauses for all sessions before a timeout."""
    deadline = time.monotonic() + within_seconds
    while not job.rested and time.monotonic() < deadline:
        time.sleep(0.005)
    return job.rested


def counting(stop: int, seconds: float = 0.0) -> Iterator[int]:
    """Yields 1, 2, ... with pauses."""
    for number in range(1, stop + 1):
        time.sleep(seconds)
        yield number


def test_a_job_ends_with_its_last_item(worker: Workers) -> None:
    job = worker.start("a", lambda: counting(3))

    assert job.wait(5)
    assert (job.latest, job.done, job.running) == (3, True, False)


def test_a_part_is_not_passed_off_as_all_when_a_job_ends_under_the_readers_eyes() -> None:
    class EndsWhenAsked(Job[int]):
        @property
        def running(self) -> bool:
            while not self.done:
                self.advance()
            return False

    assert EndsWhenAsked(counting(3)).look() == (False, 3)


def test_a_dropped_job_lets_go_though_its_turn_is_far(worker: Workers) -> None:
    go_on = threading.Event()
    held: list[weakref.ref[threading.Event]] = []

    def waiting() -> Iterator[int]:
        large = threading.Event()
        held.append(weakref.ref(large))
        yield 1
        time.sleep(pool.SHORT_SECONDS)
        yield 2
        yield 3
        assert large

    def blocking() -> Iterator[int]:
        go_on.wait(30)
        yield 1

    far = worker.start("far", waiting)
    wait_until(lambda: far.latest == 1)
    worker.start("blocking", blocking)
    wait_until(lambda: far.latest == 2)

    worker.forget_where(lambda key: key == "far")

    assert far.wait(5)
    gc.collect()
    assert held[0]() is None
    go_on.set()


def test_what_was_begun_and_is_out_of_sight_lets_go_of_its_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Large:
        pass

    held: list[weakref.ref[Large]] = []

    def chunks() -> Iterator[int]:
        large = Large()
        held.append(weakref.ref(large))
        yield 1
        yield from counting(1000, seconds=0.01)
        assert large

    worker, began = Workers(threads=1, keep=9, keep_unseen=2), []
    for name in "abcd":
        job = worker.start(name, chunks)
        wait_until(lambda job=job: job.latest is not None)
        job.stop()
        assert rests(job)
        began.append(job)
    assert all(ref() is not None for ref in held)

    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 0.0)
    worker.start("new", lambda: counting(1))

    gc.collect()
    assert [ref() is not None for ref in held] == [False, False, True, True]
    assert [worker.find(name) for name in "abcd"] == [None, None, *began[2:]]
    worker.close()


def test_the_same_key_is_the_same_job(worker: Workers) -> None:
    calls = []

    def chunks() -> Iterator[int]:
        calls.append(1)
        return counting(2)

    assert worker.start("a", chunks) is worker.start("a", chunks)
    assert len(calls) == 1


def test_a_short_job_does_not_wait_for_a_long_one(worker: Workers) -> None:
    long = worker.start("long", lambda: counting(1000, seconds=0.02))
    short = worker.start("short", lambda: counting(2))

    assert short.wait(1)
    assert long.running
    long.stop()


def test_a_short_job_of_many_chunks_ends_before_long_ones_go_on(worker: Workers) -> None:
    order: list[str] = []

    def noting(name: str, chunks: int) -> Iterator[None]:
        for _ in range(chunks):
            time.sleep(0.005)
            order.append(name)
            yield

    long = [worker.start(number, lambda: noting("long", 10_000)) for number in range(5)]
    wait_until(lambda: all(job.worked_seconds >= pool.SHORT_SECONDS for job in long))
    short = worker.start("short", lambda: noting("short", 20))

    assert short.wait(30)
    assert order[order.index("short") :][:20] == ["short"] * 20
    assert worker.others(short) == 5
    assert worker.others(long[0]) == 4
    for job in long:
        job.stop()


def test_jobs_with_a_thread_each_take_no_turns() -> None:
    workers = Workers(threads=2, keep=2)
    pair = [workers.start(name, lambda: counting(10_000, seconds=0.01)) for name in "ab"]

    assert [workers.others(job) for job in pair] == [0, 0]
    third = workers.start("c", lambda: counting(10_000, seconds=0.01))
    assert workers.others(third) == 2

    for job in (*pair, third):
        job.stop()
    workers.close()


def test_a_stopped_job_keeps_what_it_has_and_goes_on(worker: Workers) -> None:
    job = worker.start("a", lambda: counting(60, seconds=0.01))
    while job.latest is None:
        time.sleep(0.005)
    job.stop()
    assert rests(job)
    kept = job.latest
    assert kept is not None
    assert 0 < kept < 60
    assert not job.done

    worker.begin("a", lambda: counting(60, seconds=0.01))

    assert job.wait(5)
    assert (job.latest, job.done) == (60, True)


def test_an_error_ends_the_job_and_not_the_thread(worker: Workers) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("no")

    job = worker.start("a", broken)
    assert job.wait(5)

    assert isinstance(job.error, ValueError)
    assert worker.start("b", lambda: counting(2)).wait(5)


def test_a_job_that_nobody_watches_stops_and_goes_on_when_asked_for(
    worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 0.1)
    job = worker.start("left", lambda: counting(60, seconds=0.02))
    while not job.rested:
        time.sleep(0.01)
    assert not job.done
    kept = job.latest or 0

    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 60.0)

    assert worker.start("left", lambda: counting(0)) is job
    assert job.wait(10)
    assert kept < 60
    assert (job.latest, job.done) == (60, True)


def test_a_stop_ends_the_job_for_the_session_that_pressed_it_alone(
    worker: Workers, as_session: As
) -> None:
    def started_as(name: str) -> Job[int]:
        as_session(name)
        return worker.start("a", lambda: counting(60, seconds=0.02))

    job = started_as("first")
    assert started_as("second") is job
    as_session("first")
    while job.latest is None:
        time.sleep(0.01)

    job.stop()

    assert (job.running, job.stopped, job.wait(0)) == (False, True, True)
    assert 0 < (job.latest or 0) < 60
    as_session("second")
    assert (job.running, job.stopped) == (True, False)
    assert job.wait(10)
    assert (job.latest, job.done) == (60, True)
    as_session("first")
    assert (job.running, job.stopped) == (False, False)


def test_a_job_rests_when_all_who_watch_it_have_stopped_it(worker: Workers, as_session: As) -> None:
    for name in ("first", "second"):
        as_session(name)
        job = worker.start("a", lambda: counting(10_000, seconds=0.005))

    for name in ("first", "second"):
        assert not job.rested
        as_session(name)
        job.stop()

    assert rests(job)
    assert not job.done


def test_a_session_that_no_longer_looks_does_not_hold_up_the_stop_of_another(
    worker: Workers, as_session: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 0.2)
    as_session("closed its browser")
    job = worker.start("a", lambda: counting(10_000, seconds=0.005))
    as_session("here")
    job.stop()

    assert rests(job)


def test_going_on_before_the_chunk_has_ended_is_not_ignored(worker: Workers) -> None:
    in_chunk, may_end = threading.Event(), threading.Event()

    def chunks() -> Iterator[int]:
        yield 1
        in_chunk.set()
        may_end.wait(30)
        yield 2
        yield 3

    job = worker.start("a", chunks)
    assert in_chunk.wait(5)
    job.stop()
    worker.begin("a", chunks)
    may_end.set()

    assert job.wait(5)
    assert (job.latest, job.done) == (3, True)


def test_a_look_at_a_job_at_rest_does_not_let_it_go_on(worker: Workers, as_session: As) -> None:
    as_session("first")
    job = worker.start("a", lambda: counting(10_000, seconds=0.005))
    job.stop()
    assert rests(job)

    as_session("second")
    for _ in range(2):
        found = worker.watched("a")
        assert found is job
        assert not found.running

    assert job.rested


def test_a_job_that_waits_for_a_wish_goes_on_when_its_session_comes_back(
    worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 0.1)
    job = worker.start("a", lambda: counting(60, seconds=0.02))
    while not job.rested:
        time.sleep(0.01)
    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 60.0)

    assert worker.watched("a") is job

    assert job.wait(10)
    assert job.done


def test_a_job_that_its_reader_stopped_does_not_go_on_by_itself(worker: Workers) -> None:
    job = worker.start("a", lambda: counting(1000, seconds=0.02))
    job.stop()
    assert rests(job)

    worker.start("a", lambda: counting(0))

    assert job.rested


@pytest.mark.parametrize("state", ["under way", "stopped", "failed"])
def test_a_dropped_job_lets_its_data_go_whoever_holds_it(worker: Workers, state: str) -> None:
    data = threading.Event()  # any object that supports weak references
    gone = weakref.ref(data)

    def chunks(data: threading.Event) -> Iterator[int]:
        while not data.wait(0.01):
            yield 1
            if state == "failed":
                raise ValueError

    job = worker.start("a", functools.partial(chunks, data))
    if state == "stopped":
        job.stop()
    if state != "under way":
        assert rests(job)
    del data

    worker.forget_where(lambda key: key == "a")

    assert rests(job)
    assert gone() is None


def test_only_the_newest_jobs_are_kept(worker: Workers) -> None:
    for key in "abc":
        assert worker.start(key, lambda: counting(1)).wait(5)
    worker.start("d", lambda: counting(1))

    assert worker.find("a") is None
    assert worker.find("d") is not None


def test_closing_ends_the_threads() -> None:
    before = threading.active_count()
    workers = Workers(threads=3, keep=1)

    workers.close()

    assert threading.active_count() == before


def test_a_fresh_job_has_nothing_yet() -> None:
    job = Job(counting(1))

    assert (job.latest, job.running) == (None, True)


@pytest.fixture
def whole() -> Iterator[Workers]:
    """Yields a pool with one thread, which runs jobs one after another."""
    workers = Workers(threads=1, keep=9, whole=True)
    yield workers
    workers.close()


def test_whole_jobs_run_one_after_the_other_in_their_order(whole: Workers) -> None:
    order: list[str] = []

    def noting(name: str) -> Iterator[None]:
        for _ in range(3):
            time.sleep(0.02)
            order.append(name)
            yield

    jobs = [whole.start(name, lambda name=name: noting(name)) for name in "abc"]

    assert [whole.ahead(job) for job in jobs] == [0, 1, 2]
    assert jobs[-1].wait(5)
    assert "".join(order) == "aaabbbccc"


def test_a_whole_job_that_nobody_wants_is_closed_and_begins_anew(
    whole: Workers, as_session: As
) -> None:
    closed = threading.Event()

    def chunks() -> Iterator[int]:
        try:
            yield from counting(10_000, seconds=0.005)
        finally:
            closed.set()

    as_session("first")
    job = whole.start("a", chunks)
    while job.latest is None:
        time.sleep(0.005)
    job.stop()
    assert rests(job)

    assert closed.is_set()
    assert whole.start("a", chunks) is job, "the session has stopped it"
    as_session("second")
    again = whole.start("a", lambda: counting(3))
    assert again is not job
    assert again.wait(5)
    assert again.latest == 3


def test_a_session_that_leaves_a_job_wants_it_no_more(whole: Workers) -> None:
    job = whole.start("a", lambda: counting(10_000, seconds=0.005))

    whole.leave("a")

    assert rests(job)
    assert not job.stopped
