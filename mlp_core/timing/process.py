"""Runs a measurement in a process of its own, and says how the two processes talk.

The request goes to standard input: a line of JSON, then the rows of a reader's own table, if the
settings name one. The progress comes back as lines of JSON.
"""

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from io import BytesIO
from typing import IO, Any

import numpy as np

from mlp_core.child_process import environment
from mlp_core.data.table import Table, opened, table_of
from mlp_core.switches import Fixes
from mlp_core.tasks import is_own
from mlp_core.timing import stored
from mlp_core.timing.figures import Measurement, Progress, Request

LOOK_SECONDS = 0.2


def measured(request: Request) -> Iterator[Progress]:
    """Yields how far a measurement is, at least every `LOOK_SECONDS`; the last one is complete.

    Closing the iterator ends the process.

    Raises:
      RuntimeError: with one sentence, if the process fails.
    """
    latest = Progress("Starting", 0.0, Measurement(request.settings, request.fixes))
    with subprocess.Popen(
        [sys.executable, "-m", "mlp_core.timing.measure"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield latest
            with suppress(BrokenPipeError), process.stdin:
                process.stdin.write(_message(request))
            while True:
                if select.select([process.stdout], [], [], LOOK_SECONDS)[0]:
                    line = process.stdout.readline()
                    if not line:
                        break
                    latest = _progress(json.loads(line), request)
                yield latest
            if process.wait():
                raise RuntimeError(_why(process.returncode))
        finally:
            process.kill()


def _why(status: int) -> str:
    if status < 0:
        return (
            f"the measuring process was ended by signal {-status}; the system does so where "
            "memory runs short"
        )
    return f"the measuring process ended with status {status}"


def _message(request: Request) -> bytes:
    content = {
        "what": request.what,
        "settings": asdict(request.settings),
        "fixes": asdict(request.fixes),
    }
    rows, table = BytesIO(), table_of(request.settings.task)
    if is_own(request.settings.task) and table is not None:
        np.save(rows, np.column_stack([table.x, table.y]))
    return json.dumps(content).encode() + b"\n" + rows.getvalue()


def received(stream: IO[bytes]) -> Request:
    """Returns the request in the child process, with its table opened under another name."""
    content: dict[str, Any] = json.loads(stream.readline())
    settings = stored.settings_of(content["settings"])
    if is_own(settings.task):
        rows = np.load(BytesIO(stream.read()))
        names = tuple(f"x{column}" for column in range(settings.num_features))
        task = opened(Table(names, "y", rows[:, :-1], rows[:, -1]))
        settings = replace(settings, task=task)
    return Request(content["what"], settings, Fixes(**content["fixes"]))


def line(progress: Progress) -> str:
    """Returns the line that the child process prints."""
    return json.dumps(progress._asdict() | {"measurement": asdict(progress.measurement)})


def _progress(content: dict[str, Any], request: Request) -> Progress:
    if "error" in content:
        raise RuntimeError(content["error"])
    found = stored.measurement_of(content["measurement"])
    found = replace(found, settings=request.settings, fixes=request.fixes)
    return Progress(content["text"], content["share"], found)
