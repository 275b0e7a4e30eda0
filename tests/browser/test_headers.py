"""The server's answers to clients other than its own page."""

import http.client
import platform
from pathlib import Path
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def answer(
    server: str, path: str, method: str = "GET", body: bytes = b"", **headers: str
) -> http.client.HTTPResponse:
    """Returns the server's answer, after its body has been read."""
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=30)
    connection.request(method, path, body, {n.replace("_", "-"): v for n, v in headers.items()})
    response = connection.getresponse()
    response.text = response.read().decode(errors="replace")  # type: ignore[attr-defined]
    connection.close()
    return response


def test_an_upload_without_this_sites_token_is_refused(server: str) -> None:
    refused = answer(server, "/_stcore/upload_file/some-session/some-file", "PUT", b"a,b\n1,2\n")

    assert refused.status == 403


def test_another_site_can_neither_connect_nor_read(server: str) -> None:
    stranger = "https://a.example"

    connected = answer(server, "/_stcore/stream", **UPGRADE, Origin=stranger)
    read = answer(server, "/_stcore/health", Origin=stranger)

    assert connected.status == 403
    assert read.getheader("Access-Control-Allow-Origin") is None


def test_the_first_message_names_the_script_and_the_versions_as_the_security_file_says(
    server: str,
) -> None:
    """If Streamlit stops doing so, a line in SECURITY.md is obsolete."""
    message = BackMsg()
    message.rerun_script.query_string = ""
    address = server.replace("http", "ws", 1) + "/_stcore/stream"

    with connect(address, subprotocols=[Subprotocol("streamlit")]) as socket:
        socket.send(message.SerializeToString())
        first = ForwardMsg.FromString(socket.recv(timeout=30)).new_session

    assert Path(first.main_script_path).is_absolute()
    assert first.initialize.environment_info.python_version.startswith(platform.python_version())


def answers(server: str, megabytes: int) -> bool:
    """Returns whether a connection stays open after a message of this size."""
    message = BackMsg()
    message.rerun_script.query_string = "unknown=" + "x" * (megabytes * 2**20)
    address = server.replace("http", "ws", 1) + "/_stcore/stream"
    with connect(address, subprotocols=[Subprotocol("streamlit")]) as socket:
        try:
            socket.send(message.SerializeToString())
            return bool(socket.recv(timeout=30))
        except ConnectionClosed:
            return False


def test_a_connection_that_sends_too_much_is_closed(server: str) -> None:
    assert answers(server, megabytes=1)
    assert not answers(server, megabytes=11)


def test_no_interface_for_programs_and_no_files_are_served(server: str) -> None:
    driven = answer(server, "/_stcore/agent/interact", "POST", b"{}")
    asked = [f"/{name}" for name in ("requirements.txt", ".streamlit/config.toml", "../etc/passwd")]
    asked += ["/app/static/../requirements.txt", "/static/..%2f..%2fconfig.py"]

    texts = [answer(server, path).text for path in asked]  # type: ignore[attr-defined]

    assert driven.status >= 400
    assert not any(sign in text for text in texts for sign in ("jax>=", "[client]", "root:"))


def test_the_only_cookie_is_the_token_and_stays_on_this_site(server: str) -> None:
    cookies = answer(server, "/_stcore/health").msg.get_all("Set-Cookie") or []

    assert [cookie.partition("=")[0] for cookie in cookies] == ["_streamlit_xsrf"]
    assert "samesite=lax" in cookies[0].casefold()


def test_the_security_file_says_which_headers_are_missing(server: str) -> None:
    """If Streamlit starts to send one, a line in SECURITY.md is obsolete."""
    names = ("Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options")
    more = ("Referrer-Policy", "Strict-Transport-Security")

    headers = answer(server, "/").headers

    assert [name for name in (*names, *more) if name in headers] == []
