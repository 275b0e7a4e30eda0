"""Reads a large file in a child process, so that a server answers its other readers meanwhile.

Measured with a file of 24 MB in the app: another reader's click took 0.9 to 1.9 s while the file
was read in the server's own process, and 0.15 s without the file.
"""

import json
import subprocess
import sys
from dataclasses import fields
from io import BytesIO
from typing import Any

import numpy as np

from mlp_core.child import child_environment
from mlp_core.data.csv_file.columns import Column
from mlp_core.data.csv_file.decode import GZIP
from mlp_core.data.csv_file.read import CsvFile, read_csv

LARGE_BYTES = 2_000_000
"""A smaller file is read before a child process would have started, which takes about 1 s."""


def read_csv_apart(
    data: bytes, separator: str | None = None, decimal: str | None = None
) -> CsvFile:
    """Returns what `read_csv` returns for the content of a file; a large file is read in a child.

    Raises:
      ValueError: as `read_csv` does, or if the child process was killed.
    """
    if len(data) < LARGE_BYTES and not data.startswith(GZIP):  # its content may be large
        return read_csv(data, separator, decimal)
    options = json.dumps([separator, decimal]).encode() + b"\n"
    child = subprocess.run(
        [sys.executable, "-m", "mlp_core.data.csv_file.apart"],
        input=options + data,
        capture_output=True,
        env=child_environment(),
    )
    if child.returncode < 0:
        raise ValueError("Reading the file took too much memory. Leave out rows or columns.")
    if child.returncode:
        sys.stderr.write(child.stderr.decode(errors="replace"))
        raise ValueError(
            "The file could not be read: the process that reads it failed, see the server's log."
        )
    printed = BytesIO(child.stdout)
    told = json.loads(printed.readline())
    if "error" in told:
        raise ValueError(told["error"])
    return _read_back(told, np.load(printed))


def _main() -> None:
    """Reads standard input; prints the file without its numbers in a line, then the numbers."""
    options = json.loads(sys.stdin.buffer.readline())
    try:
        file = read_csv(sys.stdin.buffer.read(), *options)
    except ValueError as error:
        print(json.dumps({"error": str(error)}))
        return
    columns = [_without(column, "values") for column in file.columns]
    print(json.dumps(_without(file, "columns") | {"columns": columns}), flush=True)
    np.save(sys.stdout.buffer, np.array([column.values for column in file.columns]))


def _without(record: Any, name: str) -> dict[str, Any]:
    """Returns all fields of a record but one."""
    return {
        field.name: getattr(record, field.name) for field in fields(record) if field.name != name
    }


def _read_back(told: dict[str, Any], values: np.ndarray) -> CsvFile:
    columns = [
        Column(**_with_tuples(column), values=of_column)
        for column, of_column in zip(told.pop("columns"), values, strict=True)
    ]
    return CsvFile(**_with_tuples(told), columns=tuple(columns))


def _with_tuples(content: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields of a record; JSON has made lists of its tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }


if __name__ == "__main__":
    _main()
