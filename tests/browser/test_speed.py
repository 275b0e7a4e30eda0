"""The Speed page in a real browser."""

from playwright.sync_api import Page, expect

from tests.browser.checks import check_accessibility, check_nothing_is_cut_off
from tests.browser.waiting import chart_marks, settled

TINY = "/speed?hidden=2&steps=20&examples=200&batch_size=64&whole_batches=true"
WITHIN_MS = 240_000
"""A measurement compiles everything anew, and others may use the machine."""


def test_measuring_changes_the_bars(page: Page) -> None:
    page.goto(TINY)
    settled(page)
    bars = page.get_by_test_id("stVegaLiteChart").first
    before = [mark["ms"] for mark in chart_marks(bars, "rect")]

    page.get_by_role("button", name="Measure on the server").click()

    expect(page.get_by_role("button", name="Measure again")).to_be_visible(timeout=WITHIN_MS)
    settled(page)
    after = [mark["ms"] for mark in chart_marks(bars, "rect")]
    assert len(after) == len(before) == 5
    assert after != before
    expect(page.get_by_text("in runs of 20 steps")).to_be_visible()


def test_stop_ends_a_measurement_that_has_begun(page: Page) -> None:
    page.goto("/speed?whole_batches=true&hidden=3")
    settled(page)
    page.get_by_role("button", name="Measure on the server").click()

    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_text("Stopped before it was done.")).to_be_visible()
    settled(page)


def test_nothing_is_cut_off_on_a_phone(phone: Page) -> None:
    check_nothing_is_cut_off(phone, "/speed")


def test_the_page_has_no_accessibility_findings_of_its_own(page: Page) -> None:
    check_accessibility(page, "/speed")
