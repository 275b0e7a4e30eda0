"""Measures the response time of the app in a real browser: `python -m benchmarks.app`.

Prints the time from the start of the server to the first chart, and the time from a click on a
switch to the changed loss curve on the screen, for new combinations and for known ones.
"""

import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, Page

from dashboard.switches import SWITCH
from tests.browser import chromium
from tests.browser.serving import Server, serving

# Flipping one of these switches always changes the curve. WALK is a Gray code: it visits every
# combination once.
SWITCHES = ("whole_batches", "adamw", "split_keys", "norm_init", "bias_before_norm")
WALK = [(turn & -turn).bit_length() - 1 for turn in range(1, 2 ** len(SWITCHES))]

# Measures the time from a click to the first frame in which the validation loss curve has changed.
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
    """Prints the time to the first chart and the times of all clicks."""
    with chromium.launched() as browser, tempfile.TemporaryDirectory() as folder:
        for title in ("nothing compiled yet", "compiled programs on disk"):
            started = time.perf_counter()
            with _served(folder) as server:
                page = _opened(browser, server.address)
                print(f"start to first chart, {title}: {time.perf_counter() - started:.1f} s")
                page.context.close()
        for jit_step in ("true", "false"):
            with _served(folder) as server:
                page = _opened(browser, f"{server.address}/?jit_step={jit_step}")
                page.wait_for_timeout(3000)
                timed = "" if jit_step == "true" else ", while the Python loop is timed"
                print(_summary(f"new combination{timed}", _walk(page, WALK)))
                print(_summary(f"known combination{timed}", _walk(page, WALK[::-1])))
                page.context.close()


def _served(folder: str) -> AbstractContextManager[Server]:
    """Returns a new server whose compilation cache is in a folder."""
    return serving(
        Path(folder) / "log.txt",
        JAX_COMPILATION_CACHE_DIR=f"{folder}/compiled",
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0",
    )


def _opened(browser: Browser, address: str) -> Page:
    """Opens a page, waits until its first chart is drawn, and returns the page."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    _first_chart(page)
    return page


def _first_chart(page: Page) -> None:
    page.wait_for_selector("[data-testid=stVegaLiteChart] .mark-line path", timeout=120_000)


def _walk(page: Page, walk: list[int]) -> list[float]:
    """Returns the milliseconds from each click of a walk to the changed curve."""
    page.evaluate(WATCH) if not page.evaluate("'answers' in window") else None
    page.evaluate("window.answers = []")
    for turn, switch in enumerate(walk, 1):
        page.get_by_test_id("stSidebar").get_by_text(
            SWITCH[SWITCHES[switch]].label, exact=True
        ).click()
        page.wait_for_function("turns => window.answers.length >= turns", arg=turn)
        page.wait_for_timeout(500)  # a reader looks at the chart before the next click
    return page.evaluate("window.answers")


def _summary(what: str, answers: list[float]) -> str:
    p95 = quantiles(answers, n=20)[-1]
    return f"click to changed chart, {what}: p50 {median(answers):.0f} ms, p95 {p95:.0f} ms"


if __name__ == "__main__":
    main()
