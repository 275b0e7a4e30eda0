"""One server and one browser for all browser tests, and a fresh page for each."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium, console
from tests.browser.serving import serving

expect.set_options(timeout=30_000)  # the machine may be busy, and a cold start compiles


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yields the address of the running app."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    # A reader gets no traceback; a failing test shows it.
    with serving(log, "--client.showErrorDetails=full") as server:
        yield server.address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yields a running Chromium. Where there is none the tests fail; they never skip."""
    with chromium.launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """Yields a blank page as wide as a laptop; `page.goto("/lab")` opens the app in it."""
    with _page_without_errors(browser, server, width=1440, height=900) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, server: str) -> Iterator[Page]:
    """Yields a blank page as wide as a phone."""
    with _page_without_errors(browser, server, width=390, height=844) as page:
        yield page


@contextmanager
def _page_without_errors(
    browser: Browser, server: str, *, width: int, height: int
) -> Iterator[Page]:
    """Yields a page with a session of its own.

    Fails at the end if its console shows an error, or it has spoken to another host.
    """
    context = browser.new_context(base_url=server, viewport={"width": width, "height": height})
    page = context.new_page()
    errors = console.errors_of(page)
    strangers = console.strangers_of(page, server)
    try:
        yield page
    finally:
        context.close()
    assert not errors, "The browser's console shows errors:\n" + "\n".join(errors)
    assert not strangers, "The browser asked other hosts:\n" + "\n".join(strangers)
