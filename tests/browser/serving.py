"""The app in a process of its own, as readers meet it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[2]
_STARTS_WITHIN_SECONDS = 60


class Server(NamedTuple):
    """A running app."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path
    """What the app has printed."""

    def memory_mb(self) -> tuple[float, float]:
        """Returns the memory the process holds now, and the most it has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        lines = dict(line.split(":", 1) for line in status.splitlines())
        now, most = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return now, most

    def cpu_seconds(self) -> float:
        """Returns the processor time that the process has used."""
        after_name = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    log: Path, *options: str, port: int | None = None, **environment: str
) -> Iterator[Server]:
    """Yields a fresh app, ended when the context is left.

    Args:
      log: the file to write its output to.
      options: further ones for `streamlit run`.
      port: a free one by default.
      environment: variables to set for it.

    Raises:
      RuntimeError: if it does not start, with what it printed.
    """
    port = port or _free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "streamlit", "run", "streamlit_app.py"),
        *(f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"),
        *options,
    ]
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_healthy(address, process, log)
        yield Server(address, process, log)
    finally:
        process.kill()  # there is nothing to save, and a thread at work would hold up a polite end
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # The status alone says nothing: Streamlit answers 200 to unknown paths too.
        with (
            suppress(OSError),
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as at,
        ):
            if at.read() == b"ok":
                return
        time.sleep(0.02)
    raise RuntimeError(f"The app did not start. Its output:\n{log.read_text()}")
