"""Runs a measurement in a separate process, and defines how the two processes communicate.

A request is written to standard input: a line of JSON, then the rows of a user's table if the
settings name one. The child process prints its progress as lines of JSON.
"""

import atexit
import json
import select
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from io import BytesIO
from typing import IO, Any

import numpy as np

from mlp_core.child import child_environment
from mlp_core.data.table import Table, closed, opened, table_of
from mlp_core.switches import Fixes
from mlp_core.tasks import is_own
from mlp_core.timing import figures
from mlp_core.timing.figures import Measurement, Progress, Request

LOOK_SECONDS = 0.2

IDLE_SECONDS = 60.0
"""The time that a process waits for another request. Meanwhile, it occupies 300 to 430 MB."""

DONE = b"done\n"
"""The line that ends the output of a measurement."""


class _Idle:
    """The idle process of the last measurement, whose compiled programs serve the next request.

    Starting a new process takes seconds, because it imports JAX and compiles about 100 programs.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()
        atexit.register(self.end)

    def take(self) -> "subprocess.Popen[bytes] | None":
        """Returns the idle process, which the caller then owns; None if there is none."""
        with self._changing:
            process, self._process = self._process, None
        if process is not None and process.poll() is not None:
            _ended(process)
            return None
        return process

    def keep(self, process: "subprocess.Popen[bytes]") -> None:
        """Keeps a process as the idle one, and ends the previous idle process."""
        with self._changing:
            before, self._process = self._process, process
        _ended(before)

    def end(self) -> None:
        """Ends the idle process if there is one."""
        _ended(self.take())


idle = _Idle()


def measured(request: Request) -> Generator[Progress, None, None]:
    """Yields the progress of a measurement at least every `LOOK_SECONDS`; the last is complete.

    Closing the generator ends the process.

    Raises:
      RuntimeError: if the process fails; the message is one sentence.
    """
    latest = Progress("Starting", 0.0, Measurement(request.settings, request.fixes))
    # Compile times must be measured in a process that has not compiled anything yet.
    afresh = request.what == "forms"
    process = (None if afresh else idle.take()) or _started()
    try:
        yield latest
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(_message(request))
        while True:
            if select.select([process.stdout], [], [], LOOK_SECONDS)[0]:
                line = process.stdout.readline()
                if not line:
                    raise RuntimeError(_why(process.wait()))
                if line == DONE:
                    break
                latest = _progress(json.loads(line), request)
            yield latest
    except BaseException:
        _ended(process)
        raise
    if afresh:
        _ended(process)
    else:
        idle.keep(process)


def _started() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "mlp_core.timing.measure"],
        bufsize=0,  # `select` does not see a line that is already in Python's buffer
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment(),
    )


def _ended(process: "subprocess.Popen[bytes] | None") -> None:
    """Ends a process if there is one."""
    if process is not None:
        process.kill()
        process.communicate()


def _why(status: int) -> str:
    if status < 0:
        return (
            f"the measuring process was ended by signal {-status}; the system does this when "
            "memory runs out"
        )
    return f"the measuring process ended with status {status}"


def _message(request: Request) -> bytes:
    rows, table = BytesIO(), table_of(request.settings.task)
    if is_own(request.settings.task) and table is not None:
        np.save(rows, np.column_stack([table.x, table.y]))
    content = {
        "what": request.what,
        "settings": asdict(request.settings),
        "fixes": asdict(request.fixes),
        "bytes": len(rows.getvalue()),
    }
    return json.dumps(content).encode() + b"\n" + rows.getvalue()


def received(stream: IO[bytes]) -> Iterator[Request]:
    """Yields the requests in the child process; ends if none arrives for `IDLE_SECONDS`.

    A user's table stays open under another name until the caller asks for the next request.
    """
    while select.select([stream], [], [], IDLE_SECONDS)[0] and (line := stream.readline()):
        content: dict[str, Any] = json.loads(line)
        settings = figures.settings_of(content["settings"])
        if is_own(settings.task):
            rows = np.load(BytesIO(_read(stream, content["bytes"])))
            names = tuple(f"x{column}" for column in range(settings.num_features))
            task = opened(Table(names, "y", rows[:, :-1], rows[:, -1]))
            settings = replace(settings, task=task)
        yield Request(content["what"], settings, Fixes(**content["fixes"]))
        if is_own(settings.task):
            closed(settings.task)


def _read(stream: IO[bytes], size: int) -> bytes:
    """Returns this many bytes of an unbuffered stream, which may return them in several parts."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def line(progress: Progress) -> str:
    """Returns the line of JSON that the child process prints for its progress."""
    return json.dumps(progress._asdict() | {"measurement": asdict(progress.measurement)})


def _progress(content: dict[str, Any], request: Request) -> Progress:
    if "error" in content:
        raise RuntimeError(content["error"])
    found = figures.measurement_of(content["measurement"])
    found = replace(found, settings=request.settings, fixes=request.fixes)
    return Progress(content["text"], content["share"], found)
