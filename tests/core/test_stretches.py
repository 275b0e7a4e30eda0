"""Long work in stretches: soon a first answer, then stretches of the wanted length."""

import time

from mlp_core.engine.stretches import Work, all_made, made


def test_the_stretches_follow_each_other_to_the_end():
    done: list[int] = []

    ends = list(made(Work(lambda first, stop: done.extend(range(first, stop)), 100), 1e-3))

    assert done == list(range(100))
    assert ends[0] == 1
    assert ends[-1] == 100
    assert ends == sorted(set(ends))


def test_work_that_is_slow_to_prepare_makes_the_more_of_it():
    """What others push out of memory between two stretches must not stop the work."""
    work = Work(
        lambda first, stop: time.sleep(0.0005 * (stop - first)), 400, lambda: time.sleep(0.1)
    )

    stretches = list(made(work, seconds=1e-4))

    assert len(stretches) < 12


def test_several_works_share_the_way():
    works = [Work(lambda first, stop: None, updates) for updates in (30, 10)]

    shares = list(all_made(works, seconds=1))

    assert 0.75 in shares
    assert shares[-1] == 1
