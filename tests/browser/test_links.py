"""The address bar, the state, a reload, and the browser's history, in a real browser."""

import re

from playwright.sync_api import Locator, Page, expect

from dashboard.shell import menu
from tests.browser.waiting import settled

QUICK = "hidden=2&steps=20&examples=100&batch_size=8&jit_step=true"
"""A run that trains quickly."""

PAGES = [page.title for page in menu.PAGES]
STATE = f"{QUICK}&seed=7&whole_batches=true&dress=scan&view=Numbers&case=3"


def entries(page: Page) -> int:
    """Returns the length of the browser's history."""
    return int(page.evaluate("history.length"))


def query(page: Page) -> set[str]:
    """Returns the parameters in the address bar."""
    return set(page.url.partition("?")[2].replace("%2C", ",").split("&"))


def menu(page: Page, name: str) -> Locator:
    """Returns a link to a page."""
    return page.locator(".st-key-menu").get_by_role("link", name=name, exact=True)


def switch(page: Page, name: str) -> Locator:
    """Returns the input of a switch in the sidebar."""
    return page.locator(f".st-key-{name} input")


def at_rest(page: Page) -> None:
    """Waits until the script has ended."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()


def test_the_way_over_all_pages_and_back_keeps_the_address(page: Page) -> None:
    page.goto(f"/?{STATE}")
    expect(menu(page, "Lab").locator("strong")).to_be_visible(timeout=60_000)
    wanted = query(page)
    assert wanted == set(STATE.split("&"))

    for name in [*PAGES[1:], *PAGES[-2::-1]]:
        before = entries(page)
        menu(page, name).click()
        expect(menu(page, name).locator("strong")).to_be_visible()

        assert query(page) == wanted, name
        assert entries(page) == before + 1, name

    at_rest(page)
    assert query(page) == wanted
    page.reload()
    settled(page)
    assert query(page) == wanted
    menu(page, "Code").click()
    expect(switch(page, "flip_whole_batches")).to_be_checked()
    expect(page.get_by_role("radio", name="scan")).to_be_checked()


def test_one_click_is_one_entry_and_back_returns_to_the_view_before(page: Page) -> None:
    page.goto(f"/seeds?{QUICK}")
    settled(page)
    sidebar = page.get_by_test_id("stSidebar")
    first, count = query(page), entries(page)

    sidebar.get_by_text("beyond", exact=True).click()
    expect(switch(page, "adamw")).to_be_checked()
    settled(page)
    assert entries(page) == count + 1

    sidebar.get_by_text("5 · AdamW", exact=True).click()
    expect(switch(page, "adamw")).not_to_be_checked()
    settled(page)
    assert entries(page) == count + 2

    sidebar.get_by_text("Experiment").click()
    page.get_by_label("Seed", exact=True).fill("7")
    page.get_by_label("Seed", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("seed=7"))
    settled(page)
    assert entries(page) == count + 3

    page.get_by_role("radio", name="One step").click()
    page.locator(".st-key-open_before").get_by_role("button").click()
    expect(menu(page, "Lab").locator("strong")).to_be_visible()
    settled(page)
    assert entries(page) == count + 5

    page.go_back()
    expect(menu(page, "Seeds").locator("strong")).to_be_visible()
    expect(page.get_by_role("radio", name="One step")).to_have_attribute("aria-checked", "true")
    page.go_back()
    expect(page.get_by_role("radio", name="Order")).to_have_attribute("aria-checked", "true")
    page.go_back()
    expect(page.get_by_label("Seed", exact=True)).to_have_value("42")
    page.go_back()
    expect(switch(page, "adamw")).to_be_checked()
    page.go_back()
    expect(switch(page, "whole_batches")).not_to_be_checked()
    settled(page)
    assert query(page) == first
    page.go_forward()
    expect(switch(page, "adamw")).to_be_checked()
