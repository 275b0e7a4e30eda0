"""Readers can continue after a closed browser, a cut connection, a killed server, a full disk."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from tests.browser.serving import serving
from tests.browser.test_own_data import DIABETES, choose
from tests.browser.waiting import settled

SWEEP = (
    "/seeds?hidden=2&steps=8000&examples=100&batch_size=8&adamw=true&grid=computed+here&seeds=256"
)
SEEDS_DONE = re.compile(r"(\d+) of 256 seeds done")


def seeds_done(page: Page) -> int:
    """Returns the number of finished seeds that the page shows."""
    found = SEEDS_DONE.search(page.get_by_text(SEEDS_DONE).inner_text())
    assert found
    return int(found[1])


def sidebar(page: Page) -> Locator:
    """Returns the sidebar."""
    return page.get_by_test_id("stSidebar")


def expect_on(page: Page, switch: str) -> None:
    """Fails unless a switch in the sidebar is on within the timeout."""
    expect(sidebar(page).get_by_label(switch, exact=True)).to_be_checked(timeout=60_000)


def wait_until(condition: Callable[[], bool], page: Page) -> None:
    """Waits until a condition outside the page is true.

    Raises:
      AssertionError: if it is not true within a minute.
    """
    for _ in range(60 * 20):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("The condition did not become true.")


def test_a_cut_connection_comes_back_with_the_switches_and_the_file(cut_page: Page) -> None:
    page = cut_page
    routes: list[tuple[WebSocketRoute, WebSocketRoute]] = []
    page.route_web_socket(
        re.compile("_stcore/stream"),
        lambda route: routes.append((route, route.connect_to_server())),
    )
    page.goto("/?task=csv&steps=60&jit_step=true")
    choose(page, DIABETES)
    expect(sidebar(page).get_by_text("blood_pressure")).to_be_visible(timeout=60_000)
    sidebar(page).get_by_text("5 · AdamW", exact=True).click()
    expect(page).to_have_url(re.compile("adamw=true"))
    settled(page)

    for end in routes[-1]:
        end.close()
    wait_until(lambda: len(routes) > 1, page)

    expect_on(page, "5 · AdamW")
    settled(page)
    sidebar(page).get_by_text("1 · Split keys", exact=True).click()
    expect(page).to_have_url(re.compile("split_keys=true.*adamw=true|adamw=true.*split_keys=true"))
    expect(sidebar(page).get_by_text("blood_pressure")).to_be_visible()
    expect(page.get_by_text("This run needs a CSV file")).to_have_count(0)


def test_a_browser_closed_in_the_middle_of_a_sweep_finds_it_again(
    browser: Browser, page: Page, server: str
) -> None:
    with browser.new_context(base_url=server) as left:
        before = left.new_page()
        before.goto(SWEEP)
        before.get_by_role("button", name="Compute").click(timeout=120_000)
        expect(before.get_by_text(SEEDS_DONE)).to_be_visible(timeout=120_000)
        done = seeds_done(before)
        assert done > 0

    page.goto(SWEEP)

    expect(page.get_by_text(SEEDS_DONE)).to_be_visible(timeout=60_000)
    assert seeds_done(page) >= done
    expect(page.get_by_role("button", name=re.compile("Compute|Resume"))).to_have_count(0)
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"Stopped at \d+%"))).to_be_visible()


def test_a_killed_server_loses_nothing_that_the_link_holds(
    browser: Browser, tmp_path: Path
) -> None:
    """Also uses a full disk, to which JAX's compilation cache cannot be written."""
    (tmp_path / "file").write_text("")
    no_disk = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path / "file" / "cache")}
    with serving(tmp_path / "first.txt", **no_disk) as server:
        page = browser.new_page()
        page.goto(server.address + SWEEP)
        page.get_by_role("button", name="Compute").click(timeout=120_000)
        expect(page.get_by_test_id("stMain").get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_test_id("stApp")).not_to_have_attribute(
        "data-test-connection-state", "CONNECTED"
    )

    port = urlsplit(server.address).port
    with serving(tmp_path / "second.txt", port=port, **no_disk):
        expect_on(page, "5 · AdamW")
        expect(page.get_by_test_id("stMain").get_by_role("button", name="Stop")).to_have_count(
            0, timeout=60_000
        )
        page.get_by_role("button", name="Compute").click(timeout=120_000)
        expect(page.get_by_test_id("stMain").get_by_role("button", name="Stop")).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
        page.close()
