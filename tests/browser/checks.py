"""Checks for every page: nothing overlaps or is cut off, and axe finds no problem of the app."""

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.waiting import settled

_LAYOUT = """
() => {
  const found = [], main = document.querySelector("[data-testid=stMain]");
  const wider = main.scrollWidth - main.clientWidth;
  if (wider > 0) found.push(`the page is ${wider} px wider than the screen`);
  for (const table of document.querySelectorAll("[data-testid=stDataFrame]")) {
    const rows = table.querySelector(".dvn-scroller");
    const around = table.closest("[class*=st-key-wide_]");
    const hint = around && getComputedStyle(around, "::after").content;
    if (innerWidth <= 640 && rows.scrollWidth > rows.clientWidth && !(hint || "").includes("Swipe"))
      found.push(`a wide table without a hint: ${table.innerText}`);
  }
  for (const svg of document.querySelectorAll("[data-testid=stVegaLiteChart] svg")) {
    if (svg.closest("details:not([open])")) continue;
    const frame = svg.getBoundingClientRect();
    if (frame.left < 0 || frame.right > innerWidth) found.push(`cut off: ${svg.textContent}`);
    const texts = [...svg.querySelectorAll("text")]
      .filter(text => text.textContent.trim() && text.getAttribute("opacity") !== "0")
      .map(text => [text.textContent, text.getBoundingClientRect()])
      .filter(([, box]) => box.width);
    texts.forEach(([name, box], place) => {
      const right = box.right - frame.right, left = frame.left - box.left;
      if (Math.max(left, right) > 0.9) found.push(`cut off: ${name}`);
      for (const [other, next] of texts.slice(place + 1)) {
        const across = Math.min(box.right, next.right) - Math.max(box.left, next.left);
        const down = Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top);
        if (name !== other && across > 2 && down > 4) found.push(`overlap: ${name} | ${other}`);
      }
    });
  }
  return found;
}
"""

_SIZES_WITHIN_MS = 3000


def layout_problems(page: Page) -> list[str]:
    """Returns what is cut off, overlaps, or makes the page scroll sideways at its present width."""
    found = page.evaluate(_LAYOUT)
    if found:  # on a busy machine, a chart may get its new size late
        page.wait_for_timeout(_SIZES_WITHIN_MS)
        found = page.evaluate(_LAYOUT)
    return found


def accessibility_problems(page: Page) -> dict[str, set[tuple[str, str]]]:
    """Returns the serious and critical findings in the light and in the dark theme, if any."""
    found = {scheme: _findings(page, scheme) for scheme in ("light", "dark")}
    return {scheme: problems for scheme, problems in found.items() if problems}


def _findings(page: Page, scheme: Literal["light", "dark"]) -> set[tuple[str, str]]:
    """Returns the rule and the place of each finding in this color scheme of the open page."""
    page.emulate_media(color_scheme=scheme)
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
    settled(page)
    # Only the contrast rule depends on the color scheme.
    rules = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    return {
        (found["id"], node["html"][:200])
        for found in Axe().run(page, options=rules).response["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    }
