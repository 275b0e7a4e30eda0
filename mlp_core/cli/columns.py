"""The command `columns` prints how a file is read; `opened_task` opens it for other commands."""

import argparse
import hashlib
import json
import sys

from mlp_core.data.csv_file.read import (
    CsvFile,
    offered_features,
    read_csv,
    rows_with_gaps,
    table_from,
)
from mlp_core.data.table import Table, opened


def columns(parsed: argparse.Namespace) -> None:
    """Prints how a file is read: the guesses, then one line or one JSON object for each column."""
    file = read_csv(parsed.file)
    records = [
        {
            "name": column.name,
            "kind": column.kind,
            "missing": column.missing,
            "min": column.low,
            "max": column.high,
            "first": column.first,
            "left_out": column.unusable or column.excluded,
        }
        for column in file.columns
    ]
    if parsed.json:
        read = {"rows": file.num_rows, "guesses": _guesses(file), "columns": records}
        print(json.dumps(read, ensure_ascii=False, indent=1))
        return
    print(f"{parsed.file}: {file.num_rows:,} rows; {file.guessed}")
    for note in file.notes:
        print(f"assumed {note}")
    rows: list[tuple[str, ...]] = [("column", "kind", "missing", "min", "max", "first", "")]
    for *cells, left_out in map(dict.values, records):
        rows.append((*map(_written, cells), f"left out: {left_out}" if left_out else ""))
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


def opened_task(path: str, target: str | None, features: str | None) -> str:
    """Opens a file as a task and returns the task's name; prints on stderr how the file is read.

    The name is a hash of the table, so that an interrupted sweep of the same table can be resumed.

    Raises:
      ValueError: if the file cannot be read, or the columns cannot be used.
    """
    file = read_csv(path)
    names = ", ".join(column.name for column in file.usable)
    if target is None:
        raise ValueError(f"--csv needs a --target: one of {names}")
    chosen = offered_features(file, target) if features is None else _split(features, file)
    table = table_from(file, target, chosen)
    print(f"{path}: {file.guessed}", file=sys.stderr)
    print(f"{target} from {', '.join(chosen)}", file=sys.stderr)
    for column in file.usable:
        if features is None and column.excluded and column.name != target:
            print(f"{column.name} left out: {column.excluded}", file=sys.stderr)
    for note in file.notes:
        print(f"assumed {note}", file=sys.stderr)
    gaps = rows_with_gaps(file, [*chosen, target])
    if gaps:
        print(f"{gaps:,} of {file.num_rows:,} rows lack a value and are left out", file=sys.stderr)
    return opened(table, _fingerprint(table))


def _guesses(file: CsvFile) -> dict[str, object]:
    return {
        "encoding": file.encoding,
        "separator": file.separator,
        "decimal": file.decimal,
        "thousands": file.thousands or None,
        "skipped_lines": file.skipped,
        "num_skipped_lines": file.num_skipped,
        "notes": file.notes,
    }


def _split(features: str, file: CsvFile) -> list[str]:
    """Returns the names in a comma-separated list, where a name may contain commas itself."""
    known = {column.name for column in file.columns}
    parts, chosen = [part.strip() for part in features.split(",")], []
    while parts:
        # The longest known name at the start of the list; else the first part, rejected below.
        names = [", ".join(parts[:length]) for length in range(len(parts), 0, -1)]
        chosen.append(next((name for name in names if name in known), names[-1]))
        parts = parts[chosen[-1].count(", ") + 1 :]
    for name in chosen:
        file.column(name)
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"--features must name each column only once, got {features!r}")
    return chosen


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_written, value))
    return "-" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)


def _fingerprint(table: Table) -> str:
    names = repr((table.features, table.target)).encode()
    return hashlib.sha256(names + table.x.tobytes() + table.y.tobytes()).hexdigest()[:16]
