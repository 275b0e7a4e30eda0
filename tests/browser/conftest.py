"""One server and one browser for all browser tests, and a fresh page for each."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import chromium, console
from tests.browser.serving import serving

expect.set_options(timeout=30_000)  # the machine may be busy, and a cold start compiles


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yields the address of the running app."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    # The app shows no tracebacks, but a failing test should.
    with serving(log, "--client.showErrorDetails=full") as server:
        yield server.address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yields a running Chromium. Without Chromium, the tests fail; they are never skipped."""
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def profile(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """Yields a browser context shared by all tests, so that Chromium compiles the app's code once.

    One page stays open, which keeps the process with the compiled code alive.
    """
    with browser.new_context(base_url=server, permissions=["clipboard-write"]) as profile:
        profile.new_page().goto("/_stcore/health")
        yield profile


@pytest.fixture
def page(profile: BrowserContext, server: str) -> Iterator[Page]:
    """Yields a blank page as wide as a laptop; `page.goto("/lab")` opens the app in it."""
    with _page_without_errors(profile, server, 1440, 900) as page:
        yield page


@pytest.fixture
def cut_page(profile: BrowserContext, server: str) -> Iterator[Page]:
    """Yields a page whose connection the test cuts, about which a live part may log an error."""
    complaint = "Cannot send rerun backMessage when disconnected from server."
    with _page_without_errors(profile, server, 1440, 900, expected=complaint) as page:
        yield page


@pytest.fixture
def phone(profile: BrowserContext, server: str) -> Iterator[Page]:
    """Yields a blank page as wide as a phone."""
    with _page_without_errors(profile, server, 390, 844) as page:
        yield page


@contextmanager
def _page_without_errors(
    profile: BrowserContext, server: str, width: int, height: int, expected: str | None = None
) -> Iterator[Page]:
    """Yields a page with its own session, in a browser without stored data of the app.

    Fails at the end if the page's console has an error, or if the page has contacted another host.

    Args:
      expected: the beginning of an error message that is expected.
    """
    page = profile.new_page()
    page.set_viewport_size({"width": width, "height": height})
    errors = console.errors_of(page)
    strangers = console.strangers_of(page, server)
    try:
        yield page
    finally:
        page.close()
        _forget_everything(profile, server)
    errors = [error for error in errors if not (expected and error.startswith(expected))]
    assert not errors, "The browser's console shows errors:\n" + "\n".join(errors)
    assert not strangers, "The browser asked other hosts:\n" + "\n".join(strangers)


def _forget_everything(profile: BrowserContext, server: str) -> None:
    stored = {"origin": server, "storageTypes": "cookies,local_storage,indexeddb,cache_storage"}
    profile.new_cdp_session(profile.pages[0]).send("Storage.clearDataForOrigin", stored)
