"""One server and one browser for all browser tests, and a fresh page for each."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.browser import chromium

expect.set_options(timeout=30_000)  # the machine may be busy, and a cold start compiles


REPOSITORY = Path(__file__).parents[2]
SERVER_STARTS_WITHIN_SECONDS = 60

RUN_APP = (
    *(sys.executable, "-m", "streamlit", "run", "streamlit_app.py"),
    "--server.headless=true",
    "--server.fileWatcherType=none",
    "--browser.gatherUsageStats=false",
    # A reader gets no traceback; a failing test shows it.
    "--client.showErrorDetails=full",
)

# A closed network must cost no time and make no noise; a container has no graphics card.
BROWSER_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
)

# A deep link makes Streamlit's frontend look for the server below the page's own path first.
DEEP_LINK_PROBE = re.compile(r"https?://[^/]+/[^/]+/_stcore/(health|host-config)$")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yields the address of the running app."""
    port = _free_port()
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*RUN_APP, f"--server.port={port}"],
            cwd=REPOSITORY,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process, log)
        yield address
    finally:
        # There is nothing to save, and a thread at work would hold up a polite end.
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yields a running Chromium."""
    with sync_playwright() as playwright:
        path = chromium.executable(playwright)
        if path is None:
            pytest.fail("No Chromium found. `make test` installs one.", pytrace=False)
        # Chromium refuses to run as root with its sandbox on.
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        browser = playwright.chromium.launch(executable_path=path, args=[*BROWSER_FLAGS, *sandbox])
        yield browser
        browser.close()


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
    """Yields a page with a session of its own; fails at the end if its console shows an error."""
    context = browser.new_context(base_url=server, viewport={"width": width, "height": height})
    page = context.new_page()
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        url = message.location["url"]
        probed = "404" in message.text and DEEP_LINK_PROBE.match(url)
        if message.type == "error" and not probed:
            errors.append(f"{message.text} ({url})")

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert not errors, "The browser's console shows errors:\n" + "\n".join(errors)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SERVER_STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # The status alone says nothing: Streamlit answers 200 to unknown paths too.
        with suppress(OSError), urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            if answer.read() == b"ok":
                return
        time.sleep(0.1)
    pytest.fail(f"The app did not start. Its output:\n{log.read_text()}", pytrace=False)
