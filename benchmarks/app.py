"""How soon the app answers, in a real browser: `python -m benchmarks.app`.

Prints the time from the start of the server to the first chart, and from a click on a switch to the
changed loss curve on the screen, for combinations never tried before and for known ones.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from urllib.error import URLError

from playwright.sync_api import Page, sync_playwright

from dashboard.words import FIXES
from tests.browser import chromium

REPOSITORY = Path(__file__).parents[1]

# Flipping one of these always changes the curve; in this order every combination comes once.
SWITCHES = ("whole_batches", "adamw", "split_keys", "norm_init", "bias_before_norm")
WALK = [(turn & -turn).bit_length() - 1 for turn in range(1, 2 ** len(SWITCHES))]

# From the click to the frame in which the val curve is another one.
WATCH = """
() => {
  const curve = () => {
    const chart = document.querySelector("[data-testid=stVegaLiteChart]");
    return chart && [...chart.querySelectorAll("path")].map(path => path.getAttribute("d")).join();
  };
  window.answers = [];
  document.addEventListener("click", () => {
    const clicked = performance.now(), before = curve();
    const look = () => {
      const now = curve();
      if (now && now !== before) window.answers.push(performance.now() - clicked);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, {capture: true});
}
"""


def main() -> None:
    """Measures and prints."""
    with sync_playwright() as playwright:
        path = chromium.executable(playwright)
        if path is None:
            sys.exit("No Chromium found: run `python -m tests.browser.chromium`.")
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--disable-gpu", "--disable-background-networking", *sandbox],
        )
        with tempfile.TemporaryDirectory() as compiled:
            for title in ("nothing compiled yet", "compiled programs on disk"):
                started = time.perf_counter()
                with _server(compiled) as address:
                    page = browser.new_page(viewport={"width": 1440, "height": 900})
                    page.goto(address)
                    _first_chart(page)
                    print(f"start to first chart, {title}: {time.perf_counter() - started:.1f} s")
            for jit_step in ("true", "false"):
                with _server(compiled) as address:
                    page = browser.new_page(viewport={"width": 1440, "height": 900})
                    page.goto(f"{address}/?jit_step={jit_step}")
                    _first_chart(page)
                    page.wait_for_timeout(3000)
                    timed = "" if jit_step == "true" else ", while the real loop is timed behind"
                    print(_summary(f"a combination not tried before{timed}", _walk(page, WALK)))
                    print(_summary(f"a known one{timed}", _walk(page, WALK[::-1])))
        browser.close()


def _first_chart(page: Page) -> None:
    page.wait_for_selector("[data-testid=stVegaLiteChart] .mark-line path", timeout=120_000)


def _walk(page: Page, walk: list[int]) -> list[float]:
    """Returns the milliseconds from each click of a walk to the changed curve."""
    page.evaluate(WATCH) if not page.evaluate("'answers' in window") else None
    page.evaluate("window.answers = []")
    for turn, switch in enumerate(walk, 1):
        page.get_by_text(FIXES[SWITCHES[switch]], exact=True).click()
        page.wait_for_function("turns => window.answers.length >= turns", arg=turn)
        page.wait_for_timeout(500)  # a reader looks at the chart before the next click
    return page.evaluate("window.answers")


def _summary(what: str, answers: list[float]) -> str:
    p95 = quantiles(answers, n=20)[-1]
    return f"click to changed chart, {what}: p50 {median(answers):.0f} ms, p95 {p95:.0f} ms"


@contextmanager
def _server(compiled: str) -> Iterator[str]:
    """Yields the address of a fresh server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    caches = {
        "JAX_COMPILATION_CACHE_DIR": compiled,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", "streamlit_app.py"),
            *(f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"),
        ],
        cwd=REPOSITORY,
        env=os.environ | caches,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        while not _healthy(address):
            time.sleep(0.02)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.read() == b"ok"
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    main()
