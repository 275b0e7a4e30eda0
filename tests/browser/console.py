"""What a page's console says, which of it is no fault of ours, and whom the page speaks to."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page

# A deep link makes Streamlit's frontend look for the server below the page's own path first.
_DEEP_LINK_PROBE = re.compile(r"https?://[^/]+/[^/]+/_stcore/(health|host-config)$")


def errors_of(page: Page) -> list[str]:
    """Returns a list that every error of the page is added to from now on."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        url = message.location["url"]
        probed = "404" in message.text and _DEEP_LINK_PROBE.match(url)
        if message.type == "error" and not probed:
            errors.append(f"{message.text} ({url})")

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def strangers_of(page: Page, server: str) -> list[str]:
    """Returns a list that the address of every request to another host is added to from now on."""
    own = urlsplit(server).netloc
    strangers: list[str] = []

    def note(url: str) -> None:
        # What the page holds itself, like `data:`, has no host.
        if urlsplit(url).netloc not in ("", own):
            strangers.append(url)

    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    return strangers
