"""Simulates many readers at once: `python -m benchmarks.load`, or `make load`.

Each reader flips a switch every few seconds, as in a lecture where everyone opens the same link.
With `--sweep`, one more reader computes a grid on the Seeds page at the same time. Prints the
response times, the size of a response, and the memory and CPU use of the app.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from benchmarks.session import Answer, Session
from tests.browser.serving import Server, serving

SWITCHES = ("split_keys", "norm_epsilon", "norm_init", "whole_batches", "jit_step", "adamw")
SWEEP = {"grid": "computed here", "seeds": "256", "learning_rate": "0.02"}
"""The grid that one reader computes: 8192 runs."""

WARM_UP_SHARE = 0.2
"""The share of the time, at the beginning, in which memory may still grow."""


class Load(NamedTuple):
    """The responses to the readers, and the memory and CPU use of the app."""

    opened: list[Answer]
    flipped: list[Answer]
    errors: list[str]
    memory_mb: list[float]
    """Measured once per second, after the warm-up."""
    peak_mb: float = 0.0
    cpu_seconds: float = 0.0
    seconds: float = 0.0


def main() -> None:
    """Prints the measurements; exits with status 1 if any reader saw an error."""
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        caches = {} if arguments.warm else {"JAX_COMPILATION_CACHE_DIR": f"{folder}/compiled"}
        log = Path(folder) / "log.txt"
        with serving(log, port=None, **caches) as server:
            load = asyncio.run(
                under_load(
                    server,
                    arguments.sessions,
                    arguments.every,
                    arguments.seconds,
                    with_sweep=arguments.sweep,
                )
            )
        # Other tracebacks are expected: the server logs one if a connection ends while it writes.
        if "Uncaught app exception" in (printed := log.read_text()):
            load.errors.append(printed[-3000:])
    print("\n".join(summary(load)))
    sys.exit(1 if load.errors else 0)


async def under_load(
    server: Server, sessions: int, every: float, seconds: float, with_sweep: bool
) -> Load:
    """Returns the load of this many sessions that each flip a switch every `every` seconds."""
    began, cpu_before = time.monotonic(), server.cpu_seconds()
    load, end = Load([], [], [], []), began + seconds
    watcher = asyncio.create_task(_watch(server, seconds * WARM_UP_SHARE, load))
    readers = [_read(server.address, number, every, end, load) for number in range(sessions)]
    if with_sweep:
        readers.append(_sweep(server.address, end, load))
    ended = await asyncio.gather(*readers, return_exceptions=True)
    watcher.cancel()
    load.errors.extend(f"reader {number}: {error!r}" for number, error in enumerate(ended) if error)
    return load._replace(
        peak_mb=server.memory_mb()[1],
        cpu_seconds=server.cpu_seconds() - cpu_before,
        seconds=time.monotonic() - began,
    )


async def _read(address: str, number: int, every: float, end: float, load: Load) -> None:
    """Simulates one reader, and records the responses."""
    chance = random.Random(number)
    async with Session(address) as session:
        load.opened.append(await session.open())
        await asyncio.sleep(chance.uniform(0, every))
        while time.monotonic() < end:
            answer = await session.flip(chance.choice(SWITCHES))
            load.flipped.append(answer)
            await asyncio.sleep(max(0.0, every - answer.seconds))
        load.errors.extend(session.errors)


async def _sweep(address: str, end: float, load: Load) -> None:
    """Simulates the reader who computes a grid."""
    async with Session(address, "seeds", **SWEEP) as session:
        await session.open(until="button")
        await session.press("begin_sweep", until="progress")
        await asyncio.sleep(max(0.0, end - time.monotonic()))
        load.errors.extend(session.errors)


async def _watch(server: Server, warm_up: float, load: Load) -> None:
    """Records the memory of the server once per second."""
    await asyncio.sleep(warm_up)
    while True:
        load.memory_mb.append(server.memory_mb()[0])
        await asyncio.sleep(1)


def summary(load: Load) -> list[str]:
    """Returns the lines to print."""
    lines = [f"{len(load.opened)} readers, {load.seconds:.0f} s, {len(load.errors)} errors"]
    lines += load.errors[:10]
    for what, answers in (("opening the page", load.opened), ("flipping a switch", load.flipped)):
        if len(answers) < 2:
            continue
        seconds = [answer.seconds for answer in answers]
        payload = median(answer.payload for answer in answers)
        lines.append(
            f"{what}, {len(answers)} times: p50 {median(seconds):.2f} s, "
            f"p95 {quantiles(seconds, n=20)[-1]:.2f} s, worst {max(seconds):.2f} s, "
            f"{payload / 1000:.0f} kB"
        )
    if load.memory_mb:
        quarter = max(1, len(load.memory_mb) // 4)
        first, last = median(load.memory_mb[:quarter]), median(load.memory_mb[-quarter:])
        lines.append(
            f"memory after the warm-up: {first:.0f} MB in the first quarter, {last:.0f} MB in the "
            f"last quarter; peak {load.peak_mb:.0f} MB"
        )
    share = load.cpu_seconds / load.seconds
    lines.append(f"CPU: {share:.2f} cores")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--sessions", type=int, default=50, help="number of readers (default: 50)")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between two clicks")
    parser.add_argument("--seconds", type=float, default=300.0, help="duration (default: 300)")
    parser.add_argument("--sweep", action="store_true", help="one more reader computes a grid")
    parser.add_argument("--warm", action="store_true", help="use the existing compilation cache")
    return parser


if __name__ == "__main__":
    main()
