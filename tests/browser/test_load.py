"""A short form of `make load`: several readers at once, without browsers."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from benchmarks.session import Answer, Session

READERS = 8
FLIPS = ("adamw", "split_keys", "adamw")
AGAIN = FLIPS[-1]
MOST_BYTES = 100_000
"""Limit for the bytes of a click, before compression, if its run is trained already.

A click that trains a run gets more pages, with the progress, the slower the machine is.
"""


async def _reader(server: str) -> tuple[list[Answer], list[str]]:
    """Returns the answers to a reader, and the exceptions on the page."""
    async with Session(server) as session:
        answers = [await session.open()]
        for switch in FLIPS:
            answers.append(await session.flip(switch))
            await session.rest()
        answers.append(await session.flip(AGAIN))  # the runs before and after it are trained
        return answers, session.errors


async def _readers(server: str) -> list[tuple[list[Answer], list[str]]]:
    return list(await asyncio.gather(*(_reader(server) for _ in range(READERS))))


def test_readers_who_click_at_once_all_get_their_charts(server: str) -> None:
    with ThreadPoolExecutor(1) as thread:  # this thread runs Playwright's event loop
        readers = thread.submit(lambda: asyncio.run(_readers(server))).result()

    for answers, errors in readers:
        assert errors == []
        assert all(answer.payload > 0 for answer in answers)
        assert answers[-1].payload < MOST_BYTES
