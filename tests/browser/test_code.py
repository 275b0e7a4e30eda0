"""The Code page in a real browser."""

from playwright.sync_api import Page, expect

from tests.browser.waiting import settled

COLD_START_MS = 180_000  # nothing may be compiled yet, and the machine may be busy
LINK = "/code?steps=60&split_keys=true&against=final"


def test_a_switch_changes_the_script_and_a_click_scrolls_to_its_lines(page: Page) -> None:
    page.goto(LINK)
    settled(page, COLD_START_MS)
    main = page.get_by_test_id("stMain")
    script = main.get_by_role("region", name="The script")
    expect(script).to_contain_text("Bug 3")

    main.get_by_text("3 · Whole batches", exact=True).first.click()

    expect(script).to_contain_text("Fix 3")
    settled(page)
    assert "whole_batches=true" in page.url
    link = page.locator(".st-key-fix_whole_batches").get_by_role("link").first
    line = page.locator(str(link.get_attribute("href")))
    expect(line).not_to_be_in_viewport()
    link.click()
    expect(line).to_be_in_viewport()
    expect(line).to_contain_text("Fix 3")
    # Content that is scrolled under the page menu does not show through.
    for scheme, color in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(16, 22, 29)")):
        page.emulate_media(color_scheme=scheme)
        for part in ("stApp", "stHeader"):
            expect(page.get_by_test_id(part)).to_have_css("background-color", color)
