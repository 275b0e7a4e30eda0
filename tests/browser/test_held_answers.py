"""Clicks of a reader whose browser has not received the answer to the click before."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.waiting import settled

ANSWERED_WITHIN_SECONDS = 60.0


class Connection:
    """The connection of a page, which can hold back what the server sends."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._holds = False
        self._held: list[bytes] = []
        page.route_web_socket(re.compile("/_stcore/stream"), self._connect)

    def hold(self) -> None:
        """Holds back all messages from now on."""
        self._holds = True

    def wait_for_answers(self, clicks: int) -> None:
        """Waits until the held messages contain the whole answers to this many clicks."""
        deadline = time.monotonic() + ANSWERED_WITHIN_SECONDS
        while sum(_ends_answer(message) for message in self._held) < clicks:
            assert time.monotonic() < deadline, "The server does not answer."
            self._page.wait_for_timeout(50)

    def release(self) -> None:
        """Sends the held messages, and holds no more."""
        self._holds = False
        for message in self._held:
            self._browser.send(message)

    def _connect(self, browser: WebSocketRoute) -> None:
        self._browser = browser
        browser.connect_to_server().on_message(self._take)

    def _take(self, message: str | bytes) -> None:
        assert isinstance(message, bytes)
        if self._holds:
            self._held.append(message)
        else:
            self._browser.send(message)


def _switch(page: Page, name: str) -> Locator:
    """Returns the input of a switch in the sidebar."""
    return page.locator(f".st-key-{name} input")


def _ends_answer(message: bytes) -> bool:
    read = ForwardMsg.FromString(message)
    ended = read.WhichOneof("type") == "script_finished"
    return ended and read.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY


@pytest.mark.parametrize("link", ["/?split_keys=true", "/code?split_keys=true"])
def test_a_click_keeps_the_click_before(page: Page, link: str) -> None:
    connection = Connection(page)
    page.goto(link)
    settled(page)

    connection.hold()
    _switch(page, "adamw").click(force=True)
    connection.wait_for_answers(1)
    _switch(page, "split_keys").click(force=True)
    connection.release()

    settled(page)
    expect(_switch(page, "adamw")).to_be_checked()
    expect(_switch(page, "split_keys")).not_to_be_checked()
    expect(page).to_have_url(re.compile(r"\?adamw=true$"))


def test_a_chart_that_comes_back_after_several_clicks_is_drawn(page: Page) -> None:
    connection = Connection(page)
    page.goto("/?split_keys=true")
    settled(page)

    connection.hold()
    for clicks, name in enumerate(("adamw", "norm_init", "adamw", "norm_init"), start=1):
        _switch(page, name).click(force=True)
        connection.wait_for_answers(clicks)
    connection.release()

    settled(page)
    expect(page).to_have_url(re.compile(r"\?split_keys=true$"))
