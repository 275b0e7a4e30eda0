"""Reads a large file in a child process, so that a server stays responsive for other users.

Measured with a file of 24 MB in the app: another user's click took 0.9 to 1.9 s while the file was
read in the server's own process, and 0.15 s without the file.
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
"""A smaller file is read in less time than a child process takes to start, about 1 s."""


def read_csv_apart(
    data: bytes, separator: str | None = None, decimal: str | None = None
) -> CsvFile:
    """Returns the result of `read_csv`; reads a large file in a child process.

    Args:
      data: the content of a file.
      separator: see `read_csv`.
      decimal: see `read_csv`.

    Raises:
      ValueError: if `read_csv` raises one, or the child process fails or is killed.
    """
    # A small gzip file may have large content.
    if len(data) < LARGE_BYTES and not data.startswith(GZIP):
        return read_csv(data, separator, decimal)
    options = json.dumps([separator, decimal]).encode() + b"\n"
    child = subprocess.run(
        [sys.executable, "-m", "mlp_core.data.csv_file.apart"],
        input=options + data,
        capture_output=True,
        env=child_environment(),
    )
    if child.returncode < 0:
        raise ValueError("Reading the file took too much memory. Remove rows or columns.")
    if child.returncode:
        sys.stderr.write(child.stderr.decode(errors="replace"))
        raise ValueError(
            "The file could not be read: the process that reads it failed. See the server's log."
        )
    printed = BytesIO(child.stdout)
    told = json.loads(printed.readline())
    if "error" in told:
        raise ValueError(told["error"])
    return _read_back(told, np.load(printed))


def _main() -> None:
    """Reads a file from standard input; prints its record as a line of JSON, then its numbers."""
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
    """Returns all fields of a record except one."""
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
    """Returns the fields of a record, with tuples in place of JSON's lists."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }


if __name__ == "__main__":
    _main()
