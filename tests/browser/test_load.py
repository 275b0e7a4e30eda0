"""Short forms of `make soak` and `make load`: what they look for, without their length."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.load import under_load
from benchmarks.soak import clicks
from tests.browser.serving import serving


def test_a_monkey_finds_nothing_wrong(page: Page) -> None:
    wrong = [problem for problems in clicks(page, count=15, seed=1) for problem in problems]

    assert wrong == []


def test_readers_side_by_side_see_no_error(tmp_path: Path) -> None:
    # In a thread of its own: Playwright has its event loop in this one.
    with serving(tmp_path / "log.txt") as server, ThreadPoolExecutor(1) as thread:
        play = under_load(server, sessions=6, every=1.0, seconds=8)
        load = thread.submit(asyncio.run, play).result()

    assert load.errors == []
    assert len(load.opened) == 6
    assert len(load.flipped) >= 6
    assert "Traceback" not in (tmp_path / "log.txt").read_text()
