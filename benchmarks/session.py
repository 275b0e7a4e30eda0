"""A reader's session without a browser: it exchanges a browser's messages, but draws nothing.

The session uses Streamlit's own protocol. One machine can run fifty such sessions, but not fifty
browsers.
"""

import asyncio
import contextlib
import re
import time
from typing import Any, NamedTuple
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ANSWERED_WITHIN_SECONDS = 60.0
CHART = "vega_lite_chart"
_ID = re.compile(r"\$\$ID-[0-9a-f]+-(?P<key>.+)")


class Answer(NamedTuple):
    """The response to a click, from the click until the script has drawn the expected element."""

    seconds: float
    payload: int
    """The number of bytes that the server sent, before compression by the connection."""


class Session:
    """A connection of one reader, to be used as an asynchronous context manager.

    Args:
      address: the address of the app, like `http://127.0.0.1:8501`.
      page: the name of the page in its URL; empty for the first page.
      parameters: the URL parameters of the link that the reader opens.
    """

    def __init__(self, address: str, page: str = "", **parameters: str) -> None:
        self._address = address
        self._page = page
        self._page_hash = ""
        self._parameters = parameters
        self._switches: dict[str, bool] = {}  # the state of every switch drawn so far
        self._ids: dict[str, str] = {}  # a widget's key -> its ID
        self._kept: dict[str, ForwardMsg] = {}  # cached messages, which are not sent again, by hash
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._answered = asyncio.Event()
        self._at_rest = asyncio.Event()
        self._awaited = ""
        self._begun = self._drawn = False
        self._payload = 0
        self.errors: list[str] = []

    async def __aenter__(self) -> "Session":
        address = self._address.replace("http", "ws", 1) + "/_stcore/stream"
        protocols = [websockets.Subprotocol("streamlit")]
        self._socket = await websockets.connect(address, subprotocols=protocols, max_size=None)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (*self._timers.values(), self._reader):
            task.cancel()
        await self._socket.close()

    async def open(self, until: str = CHART) -> Answer:
        """Opens the page, and returns the response once the page is drawn.

        Args:
          until: the kind of element that the page must contain, as Streamlit names it.

        Raises:
          TimeoutError: if the element is not drawn within `ANSWERED_WITHIN_SECONDS`.
          ConnectionError: if the connection is lost.
        """
        return await self._answer(until)

    async def flip(self, switch: str, until: str = CHART) -> Answer:
        """Flips a switch, and returns once the page is redrawn."""
        self._switches[switch] = not self._switches[switch]
        return await self._answer(until)

    async def press(self, button: str, until: str = CHART) -> Answer:
        """Presses the button with this key, and returns once the page is redrawn."""
        return await self._answer(until, button)

    async def rest(self) -> None:
        """Waits until no part of the page refreshes itself, so that all runs on it have ended.

        Raises:
          TimeoutError: if one still does after `ANSWERED_WITHIN_SECONDS`.
        """
        await asyncio.wait_for(self._at_rest.wait(), ANSWERED_WITHIN_SECONDS)

    async def _answer(self, until: str, button: str = "") -> Answer:
        self._answered.clear()
        self._at_rest.clear()
        self._awaited = until
        self._begun = self._drawn = False
        self._payload = 0
        asked = time.perf_counter()
        await self._rerun(button=button)
        answered = asyncio.create_task(self._answered.wait())
        await asyncio.wait(
            {answered, self._reader},
            timeout=ANSWERED_WITHIN_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if self._reader.done():
            raise ConnectionError("the connection was lost") from self._reader.exception()
        if not answered.done():
            answered.cancel()
            raise TimeoutError(f"no {until} within {ANSWERED_WITHIN_SECONDS:.0f} s")
        return Answer(time.perf_counter() - asked, self._payload)

    async def _rerun(self, fragment: str = "", button: str = "") -> None:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string = urlencode(self._parameters)
        rerun.page_script_hash, rerun.page_name = self._page_hash, self._page
        rerun.fragment_id, rerun.is_auto_rerun = fragment, bool(fragment)
        rerun.cached_message_hashes.extend(self._kept)
        for name, is_on in self._switches.items():
            rerun.widget_states.widgets.add(id=self._ids[name], bool_value=is_on)
        if button:
            rerun.widget_states.widgets.add(id=self._ids[button], trigger_value=True)
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for data in self._socket:
                self._payload += len(data)
                self._take(ForwardMsg.FromString(data))

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            message = self._kept[message.ref_hash]
            kind = message.WhichOneof("type")
        elif message.metadata.cacheable and message.hash:
            self._kept[message.hash] = message
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._page_hash = message.new_session.page_script_hash
            self._begun = True
            self._stop_timers()
        elif kind == "delta":
            self._take_element(message.delta)
        elif kind == "auto_rerun":
            self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop_timer(fragment)
        elif kind == "script_finished":
            self._take_end(message.script_finished)

    def _take_element(self, delta: Any) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(element.exception.message)
        elif kind in ("checkbox", "button"):
            widget = getattr(element, kind).id
            if named := _ID.match(widget):
                self._ids[named["key"]] = widget
                if kind == "checkbox":
                    self._take_switch(named["key"], element.checkbox)
        # Elements that an earlier script run still sends are not part of the response.
        self._drawn |= self._begun and kind == self._awaited

    def _take_switch(self, key: str, switch: Any) -> None:
        """Sets a switch as the browser does, which keeps what the reader chose unless told."""
        if switch.set_value:
            self._switches[key] = switch.value
        else:
            self._switches.setdefault(key, switch.default)

    def _take_end(self, status: Any) -> None:
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.errors.append("The script does not compile.")
        elif self._drawn and status != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._answered.set()
            if not self._timers:
                self._at_rest.set()

    def _start_timer(self, fragment: str, interval: float) -> None:
        self._stop_timer(fragment)
        self._timers[fragment] = asyncio.create_task(self._poll(fragment, interval))

    async def _poll(self, fragment: str, interval: float) -> None:
        """Reruns a fragment of the page at a fixed interval, as the browser does."""
        while True:
            await asyncio.sleep(interval)
            await self._rerun(fragment)

    def _stop_timer(self, fragment: str) -> None:
        if timer := self._timers.pop(fragment, None):
            timer.cancel()

    def _stop_timers(self) -> None:
        for fragment in list(self._timers):
            self._stop_timer(fragment)
