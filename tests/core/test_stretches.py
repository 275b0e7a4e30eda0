"""Long work in chunks: an early first result, then chunks of the requested duration."""

from mlp_core.engine.stretches import Work, all_made, made


def test_the_stretches_follow_each_other_to_the_end():
    done: list[int] = []

    ends = list(made(Work(lambda stop: done.extend(range(len(done), stop)), 100), 1e-3))

    assert done == list(range(100))
    assert ends[0] == 1
    assert ends[-1] == 100
    assert ends == sorted(set(ends))


def test_several_works_share_the_way():
    works = [Work(lambda stop: None, updates) for updates in (30, 10)]

    shares = list(all_made(works, seconds=1))

    assert 0.75 in shares
    assert shares[-1] == 1
