"""Checks for every page: nothing is cut off on a phone, and axe finds no problem of the app."""

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.waiting import settled

_SILENT_WIDE_TABLES = """
[...document.querySelectorAll("[data-testid=stDataFrame]")].filter((table) => {
  const rows = table.querySelector(".dvn-scroller");
  const around = table.closest("[class*=st-key-wide_]");
  const hint = around && getComputedStyle(around, "::after").content;
  return rows.scrollWidth > rows.clientWidth && !(hint || "").includes("Swipe");
}).map((table) => table.innerText)
"""


def check_nothing_is_cut_off(phone: Page, link: str) -> None:
    """Fails if the page, a chart, or a table without a hint to scroll is wider than the screen."""
    phone.goto(link)
    settled(phone)

    overflow = phone.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth - window.innerWidth"
    )
    boxes = [chart.bounding_box() for chart in phone.get_by_test_id("stVegaLiteChart").all()]

    silent = phone.evaluate(_SILENT_WIDE_TABLES)

    assert overflow <= 0
    assert not silent
    assert all(
        box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes
    )


def check_accessibility(page: Page, link: str) -> None:
    """Fails on any serious or critical finding in the light or dark theme, and lists the places."""
    page.emulate_media(color_scheme="light")
    page.goto(link)

    assert {scheme: _findings(page, scheme) for scheme in ("light", "dark")} == {
        "light": set(),
        "dark": set(),
    }


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
