"""The Speed page in a real browser."""

from playwright.sync_api import Page, expect

from tests.browser.waiting import settled


def test_stop_ends_a_measurement_that_has_begun(page: Page) -> None:
    page.goto("/speed?whole_batches=true&hidden=3")
    settled(page)
    page.get_by_role("button", name="Measure on the server").click()

    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_text("Stopped before it was done.")).to_be_visible()
    settled(page)
