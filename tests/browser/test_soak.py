"""A short form of `make soak`, with the same checks."""

from playwright.sync_api import Page

from benchmarks.soak import clicks


def test_a_monkey_finds_nothing_wrong(page: Page) -> None:
    wrong = [problem for problems in clicks(page, count=15, seed=1) for problem in problems]

    assert wrong == []
