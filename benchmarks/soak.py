"""Monkey test of the app: `python -m benchmarks.soak`, or `make soak`.

The monkey makes seeded random clicks on all pages in a real browser. Prints the problems, if there
are any, and the memory of the app.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page

from tests.browser import chromium, console
from tests.browser.serving import serving

LOOK_EVERY = 25
"""The number of clicks between two measurements of the app's memory."""

_PAUSES_MS = (20, 80, 300)
_NOTHING_THERE_MS = 50
_TEXTS = ("8, 6, 6", "4", "", "nonsense", "300, 300", "<b>8</b>", "64, 64")
_KEYS = ("ArrowLeft", "ArrowRight", "Home", "End")

# Picks a place where a reader could click now, except for file dialogs and links to other sites.
# Returns null if another element covers the place; the monkey then tries another one.
_PICK = """
chance => {
  const clickable = [
    "a[href]", "button", "summary", "label:has(input)", "input", "textarea",
    "[role=option]", "[role=slider]", "[role=radio]", "[role=combobox]",
  ].join(",");
  const can = element => {
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || element.disabled) return false;
    if (element.closest("[data-testid=stFileUploader], [data-testid=stMainMenu]")) return false;
    if (element.matches("a") && new URL(element.href).host !== location.host) return false;
    return getComputedStyle(element).visibility === "visible";
  };
  const found = [...document.querySelectorAll(clickable)].filter(can);
  const element = found[Math.floor(chance * found.length)];
  if (!element) return null;
  element.scrollIntoView({block: "nearest", behavior: "instant"});
  const box = element.getBoundingClientRect();
  const place = {x: box.x + box.width / 2, y: box.y + box.height / 2};
  const there = document.elementFromPoint(place.x, place.y);
  if (!there || !(element.contains(there) || there.contains(element))) return null;
  const writes = ["text", "number"].includes(element.type) && !element.role;
  return {...place, slides: element.role === "slider", writes};
}
"""

_WRONG = """
() => {
  const exception = document.querySelector("[data-testid=stException]");
  if (exception) return exception.innerText;
  const app = document.querySelector("[data-testid=stApp]");
  if (app && app.dataset.testScriptState === "compilationError") return "compilation error";
  if (document.body.innerText.includes("Page not found")) return "page not found";
  if (app && app.dataset.testConnectionState === "DISCONNECTED_FOREVER") return "disconnected";
  return "";
}
"""

_SETTLES_MS = 3000
# A link by the name of a stage describes the switches in another way.
_DISAGREES = """
() => {
  const app = document.querySelector("[data-testid=stApp]");
  const link = new URLSearchParams(location.search);
  if (!app || app.dataset.testScriptState !== "notRunning" || link.has("stage")) return "";
  const switches = document.querySelectorAll("[data-testid=stSidebar] input[role=switch]");
  const wrong = [...switches].filter(input => {
    const key = input.closest("[class*=st-key-]").className.match(/st-key-(\\w+)/)[1];
    return input.checked !== (link.get(key) === "true");
  });
  const names = wrong.map(input => input.ariaLabel).join(", ");
  return names && `the link ${location.search} has other values of these switches: ${names}`;
}
"""


def main() -> None:
    """Runs the monkey and prints its problems; exits with status 1 if there are any."""
    arguments = _parser().parse_args()
    memory: list[float] = []
    with tempfile.TemporaryDirectory() as folder, chromium.launched() as browser:
        log = Path(folder) / "log.txt"
        with serving(log) as server:
            page = browser.new_page(
                base_url=server.address,
                viewport={"width": 1440, "height": 900},
                permissions=["clipboard-write"],
            )
            problems = console.errors_of(page)
            told = disagreements = 0
            for done, wrong in enumerate(clicks(page, arguments.clicks, arguments.seed), 1):
                problems += wrong
                for problem in problems[told:]:
                    print(f"click {done}: {problem}", flush=True)
                told = len(problems)
                if disagreement := _disagreement(page):
                    disagreements += 1
                    print(f"click {done}: {disagreement}", flush=True)
                if done % LOOK_EVERY == 0:
                    memory.append(server.memory_mb()[0])
                    print(
                        f"{done} clicks, {len(problems)} problems, {memory[-1]:.0f} MB", flush=True
                    )
            peak = server.memory_mb()[1]
        if "Traceback" in (printed := log.read_text()):
            problems.append(printed[-2000:])
            print(problems[-1])
    print(f"{len(problems)} problems" if problems else "no exception, no console error")
    print(f"after {disagreements} clicks, the switches differed from the link for 3 s")
    quarter = max(1, len(memory) // 4)
    for name, part in (("second", memory[quarter : 2 * quarter]), ("last", memory[-quarter:])):
        if part:
            print(f"memory in the {name} quarter: {median(part):.0f} MB")
    print(f"memory at its peak: {peak:.0f} MB")
    sys.exit(1 if problems else 0)


def clicks(page: Page, count: int, seed: int) -> Iterator[list[str]]:
    """Opens the app and clicks; yields the problems after each click, usually an empty list."""
    chance = random.Random(seed)
    page.goto("/")
    page.get_by_test_id("stSidebar").wait_for()
    done = 0
    while done < count:
        place = page.evaluate(_PICK, chance.random())
        if place is None:
            page.wait_for_timeout(_NOTHING_THERE_MS)
            continue
        done += 1
        _act(page, place, chance)
        page.wait_for_timeout(chance.choice(_PAUSES_MS))
        wrong = page.evaluate(_WRONG)
        yield [f"after click {done}: {wrong}"] if wrong else []


def _disagreement(page: Page) -> str:
    """Returns how the switches and the link disagree, if they do for longer; otherwise nothing."""
    if page.evaluate(_DISAGREES):
        page.wait_for_timeout(_SETTLES_MS)
        return str(page.evaluate(_DISAGREES))
    return ""


def _act(page: Page, place: dict[str, Any], chance: random.Random) -> None:
    """Uses the control at a place as a reader would."""
    page.mouse.click(place["x"], place["y"])
    if place["slides"]:
        page.keyboard.press(chance.choice(_KEYS))
    if place["writes"]:
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(chance.choice(_TEXTS))
        page.keyboard.press("Enter")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--clicks", type=int, default=2000, help="number of clicks (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the clicks (default: 0)")
    return parser


if __name__ == "__main__":
    main()
