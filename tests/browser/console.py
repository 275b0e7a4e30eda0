"""The errors in a page's console, except known ones of Streamlit, and the page's requests."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page

# With a deep link, Streamlit's frontend looks for the server below the page's path first.
_DEEP_LINK_PROBE = re.compile(r"https?://[^/]+/[^/]+/_stcore/(health|host-config)$")


def errors_of(page: Page) -> list[str]:
    """Returns a list to which every later error of the page is added."""
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
    """Returns a list to which the address of every later request to another host is added."""
    own = urlsplit(server).netloc
    strangers: list[str] = []

    def note(url: str) -> None:
        # Addresses of embedded content, such as `data:`, have no host.
        if urlsplit(url).netloc not in ("", own):
            strangers.append(url)

    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    return strangers
