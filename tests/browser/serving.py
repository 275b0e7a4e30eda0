"""Runs the app in a separate process, as for readers."""

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
    """The output of the app."""

    def memory_mb(self) -> tuple[float, float]:
        """Returns the process's current memory and its maximum so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        lines = dict(line.split(":", 1) for line in status.splitlines())
        now, most = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return now, most

    def cpu_seconds(self) -> float:
        """Returns the processor time that the process has used so far."""
        after_name = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    log: Path, *options: str, port: int | None = None, **environment: str
) -> Iterator[Server]:
    """Yields a newly started app, which ends when the context is left.

    Args:
      log: the file for the app's output.
      options: additional options for `streamlit run`.
      port: a free port by default.
      environment: environment variables to set.

    Raises:
      RuntimeError: if the app does not start, with its output.
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
        process.kill()  # there is nothing to save, and a working thread would delay a regular exit
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # The status alone is not enough, because Streamlit also answers unknown paths with 200.
        with (
            suppress(OSError),
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as at,
        ):
            if at.read() == b"ok":
                return
        time.sleep(0.02)
    raise RuntimeError(f"The app did not start. Its output:\n{log.read_text()}")
