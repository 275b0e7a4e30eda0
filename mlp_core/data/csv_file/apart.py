"""Reads a large file in a child process, so that a server answers its other readers meanwhile.

Measured with a file of 24 MB in the app: another reader's click took 0.9 to 1.9 s while the file
was read in the server's own process, and 0.15 s without the file.
"""

import pickle
import subprocess
import sys

from mlp_core.child import child_environment
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
    options = pickle.dumps((separator, decimal))
    child = subprocess.run(
        [sys.executable, "-m", "mlp_core.data.csv_file.apart"],
        input=options + data,
        capture_output=True,
        env=child_environment(),
    )
    if child.returncode:
        raise ValueError(
            "Reading the file took more memory than there is. Leave out rows or columns."
            if child.returncode < 0
            else f"The file could not be read: {child.stderr.decode(errors='replace')[-300:]}"
        )
    outcome: CsvFile | ValueError = pickle.loads(child.stdout)
    if isinstance(outcome, ValueError):
        raise outcome
    return outcome


def _main() -> None:
    options = pickle.load(sys.stdin.buffer)
    outcome: CsvFile | ValueError
    try:
        outcome = read_csv(sys.stdin.buffer.read(), *options)
    except ValueError as error:
        outcome = error
    pickle.dump(outcome, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    _main()
