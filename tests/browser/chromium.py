"""Finds Chromium for the browser tests, and installs it if it is missing.

`python -m tests.browser.chromium` changes nothing if the machine has Chromium. Otherwise it
installs the system's package if possible (as root, on Debian and its derivatives), or else
Playwright's build.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

# Without a window, Chromium draws the same pages in less time.
SYSTEM_NAMES = (
    *("chromium-headless-shell", "chromium"),
    *("chromium-browser", "google-chrome", "google-chrome-stable"),
)

# A blocked network must not cause delays or messages, and a container has no graphics card. Pages
# of one server share a process, so that the app's code is compiled only once.
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--process-per-site",
)


@contextmanager
def launched() -> Iterator[Browser]:
    """Yields a running Chromium.

    Raises:
      RuntimeError: if Chromium is not installed.
    """
    with sync_playwright() as playwright:
        path = executable(playwright)
        if path is None:
            raise RuntimeError("No Chromium found: run `python -m tests.browser.chromium`.")
        # Chromium does not run as root with its sandbox on.
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS, *sandbox])
        try:
            yield browser
        finally:
            browser.close()


def executable(playwright: Playwright) -> str | None:
    """Returns the path of a Chromium that starts, the system's before Playwright's, or None."""
    on_path = (shutil.which(name) for name in SYSTEM_NAMES)
    candidates = (*on_path, playwright.chromium.executable_path)
    return next((path for path in candidates if path and _starts(path)), None)


def install() -> None:
    """Tries each way to install Chromium until one starts.

    Raises:
      SystemExit: if none of them works, with instructions.
    """
    with sync_playwright() as playwright:
        if executable(playwright):
            return
        for commands in _ways():
            # A failed command prints its own reason; the next one may still work.
            if all(_succeeds(command) for command in commands) and executable(playwright):
                return
    sys.exit(
        "The browser tests need Chromium, and it could not be installed; the reasons are above. "
        f"Install it by hand, so that the PATH has one of: {', '.join(SYSTEM_NAMES)}."
    )


def _ways() -> list[list[list[str]]]:
    """Returns the commands of each way to install Chromium, the best way first."""
    download = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return [download]
    # On Ubuntu both fail: there is no headless shell, and its chromium package is only a snap.
    install = ["apt-get", "install", "--yes", "--no-install-recommends"]
    debian = [[["apt-get", "update"], [*install, name]] for name in SYSTEM_NAMES[:2]]
    return [*debian, download]


def _succeeds(command: list[str]) -> bool:
    print("+", *command, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, check=False).returncode == 0


def _starts(path: str) -> bool:
    # Ubuntu's chromium-browser is on the PATH but only prints that a snap is required.
    if not Path(path).exists():
        return False
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    install()
