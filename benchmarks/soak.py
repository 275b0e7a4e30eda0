"""A monkey at the app: `python -m benchmarks.soak`, or `make soak`.

It clicks at random, seeded, over all pages in a real browser. Prints what went wrong, if anything
did, and what memory the app took meanwhile.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.sync_api import ElementHandle, Error, Page, TimeoutError

from tests.browser import chromium, console
from tests.browser.serving import serving

LOOK_EVERY = 25
"""Clicks between two looks at the app's health."""

_CLICK_WITHIN_MS = 1500
_PAUSES_MS = (20, 80, 300)
_TEXTS = ("8, 6, 6", "4", "", "nonsense", "300, 300", "<b>8</b>", "64, 64")

# What a reader could click now; opening a file dialog or leaving for other sites is no use here.
_PICK = """
chance => {
  const clickable = [
    "a[href]", "button", "summary", "label:has(input)", "input", "textarea",
    "[role=tab]", "[role=option]", "[role=slider]", "[role=radio]", "[role=combobox]",
  ].join(",");
  const can = element => {
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || element.disabled) return false;
    if (element.closest("[data-testid=stFileUploader], [data-testid=stMainMenu]")) return false;
    if (element.matches("a") && new URL(element.href).host !== location.host) return false;
    return getComputedStyle(element).visibility === "visible";
  };
  const found = [...document.querySelectorAll(clickable)].filter(can);
  return found[Math.floor(chance * found.length)] || null;
}
"""

_WRONG = """
() => {
  const exception = document.querySelector("[data-testid=stException]");
  if (exception) return exception.innerText;
  const app = document.querySelector("[data-testid=stApp]");
  if (app && app.dataset.testScriptState === "compilationError") return "compilation error";
  if (document.body.innerText.includes("Page not found")) return "page not found";
  return "";
}
"""


def main() -> None:
    """Lets the monkey click and prints; exits with 1 if anything went wrong."""
    arguments = _parser().parse_args()
    memory: list[float] = []
    with tempfile.TemporaryDirectory() as folder, chromium.launched() as browser:
        log = Path(folder) / "log.txt"
        with serving(log) as server:
            page = browser.new_page(
                base_url=server.address, viewport={"width": 1440, "height": 900}
            )
            problems = console.errors_of(page)
            for done, wrong in enumerate(clicks(page, arguments.clicks, arguments.seed), 1):
                problems += wrong
                if done % LOOK_EVERY == 0:
                    memory.append(server.memory_mb()[0])
                    print(
                        f"{done} clicks, {len(problems)} problems, {memory[-1]:.0f} MB", flush=True
                    )
            peak = server.memory_mb()[1]
        if "Traceback" in (printed := log.read_text()):
            problems.append(printed[-2000:])
    print("\n".join(problems) or "no exception, no console error")
    quarter = max(1, len(memory) // 4)
    for name, part in (("second", memory[quarter : 2 * quarter]), ("last", memory[-quarter:])):
        if part:
            print(f"memory in the {name} quarter: {median(part):.0f} MB")
    print(f"memory at its peak: {peak:.0f} MB")
    sys.exit(1 if problems else 0)


def clicks(page: Page, count: int, seed: int) -> Iterator[list[str]]:
    """Opens the app and clicks, and yields after each click what is wrong, mostly nothing."""
    chance = random.Random(seed)
    page.goto("/")
    page.get_by_test_id("stSidebar").wait_for()
    done = 0
    while done < count:
        element = page.evaluate_handle(_PICK, chance.random()).as_element()
        try:
            if element is None or not _act(page, element, chance):
                continue
        except (TimeoutError, Error):
            page.keyboard.press("Escape")  # it was covered, or drawn anew in this moment
            continue
        done += 1
        page.wait_for_timeout(chance.choice(_PAUSES_MS))
        wrong = page.evaluate(_WRONG)
        yield [f"after click {done}: {wrong}"] if wrong else []


def _act(page: Page, element: ElementHandle, chance: random.Random) -> bool:
    """Uses a control as a reader would."""
    element.scroll_into_view_if_needed(timeout=_CLICK_WITHIN_MS)
    if element.get_attribute("role") == "slider":
        element.focus()
        page.keyboard.press(chance.choice(("ArrowLeft", "ArrowRight", "Home", "End")))
        return True
    element.click(timeout=_CLICK_WITHIN_MS)
    if element.get_attribute("type") in ("text", "number") and not element.get_attribute("role"):
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(chance.choice(_TEXTS))
        page.keyboard.press("Enter")
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--clicks", type=int, default=2000, help="how many (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="which clicks (default: 0)")
    return parser


if __name__ == "__main__":
    main()
