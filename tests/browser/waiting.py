"""Waits until the app is at rest, and reads the data that its charts have drawn."""

from typing import Any, Literal

from playwright.sync_api import Locator, Page

# Vega draws after the script has ended, a click takes a moment to reach the server, and a live
# panel polls every 0.3 s. A script at rest is therefore not enough: the page must not change for
# longer, and in several looks, because on a busy machine the browser may do nothing for half a
# second.
STANDS_STILL_FOR_MS = 500
STILL_LOOKS = 3
LOOKS_EVERY_MS = 100  # the default is every frame, which makes the browser draw frames

STATE = """
([quietMs, looks]) => {
  if (window.lastChange === undefined) {
    const noteChange = () => { window.lastChange = performance.now(); window.stillLooks = 0; };
    noteChange();
    const everything = {subtree: true, childList: true, attributes: true, characterData: true};
    new MutationObserver(noteChange).observe(document, everything);
  }
  const app = document.querySelector("[data-testid=stApp]");
  if (!app) return false;
  const script = app.dataset.testScriptState;
  if (script === "compilationError") return "The script does not compile.";
  const exception = document.querySelector("[data-testid=stException]");
  if (exception) return exception.innerText;
  const atRest = app.dataset.testConnectionState === "CONNECTED" && script === "notRunning"
    && !document.querySelector("[data-testid=stSkeleton], [data-testid=stProgress]");
  window.stillLooks += 1;
  const still = performance.now() - window.lastChange > quietMs && window.stillLooks >= looks;
  return atRest && still && "settled";
}
"""


def settled(page: Page, timeout_ms: float = 180_000) -> Page:
    """Returns the page once its script and its charts are at rest.

    A live panel or a progress bar is not at rest; to test one while it works, wait for its text.

    Raises:
      AssertionError: as soon as the app shows an exception.
      TimeoutError: Playwright's, if the page does not come to rest.
    """
    state = page.wait_for_function(
        STATE,
        arg=[STANDS_STILL_FOR_MS, STILL_LOOKS],
        polling=LOOKS_EVERY_MS,
        timeout=timeout_ms,
    )
    assert state.json_value() == "settled", f"The app failed: {state.json_value()}"
    return page


def chart_lines(chart: Locator) -> list[list[dict[str, Any]]]:
    """Returns the rows behind each line of a settled chart, in the order they were drawn.

    Args:
      chart: one chart, for instance `page.get_by_test_id("stVegaLiteChart").nth(0)`.
    """
    return chart.locator(".role-mark.mark-line path").evaluate_all(
        "paths => paths.map(path => path.__data__.mark.items.map(item => item.datum))"
    )


def chart_marks(chart: Locator, kind: str) -> list[dict[str, Any]]:
    """Returns the row behind each single mark of a settled chart, in the order they were drawn.

    Args:
      kind: Vega's name: "rect" for bars, "symbol" for points, "rule", "text".
    """
    return chart.locator(f".role-mark.mark-{kind} > *").evaluate_all(
        "marks => marks.map(mark => mark.__data__.datum)"
    )


def axis_names(chart: Locator, axis: Literal["X", "Y"]) -> list[str]:
    """Returns the names along a settled chart's categorical axis, from the left or from the top."""
    labels = chart.locator(f"[aria-label^='{axis}-axis'][aria-label*='discrete scale']").locator(
        ".role-axis-label text"
    )
    along = {"X": "left", "Y": "top"}[axis]
    placed = labels.evaluate_all(
        "(labels, along) => labels.map(l => [l.getBoundingClientRect()[along], l.textContent])",
        along,
    )
    return [name for _, name in sorted(placed)]
