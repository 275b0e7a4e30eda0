"""A reader's own file from the command line: what its columns are, and a run on them."""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlp_core.data.table import Table, opened

if TYPE_CHECKING:
    from mlp_core.data.csv_file.read import CsvFile


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command that says how a file is read."""
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_table(parser: argparse.ArgumentParser) -> None:
    """Adds the options that name a file to train on instead of a task."""
    group = parser.add_argument_group("a file of your own")
    group.add_argument("--csv", metavar="FILE", help="the file to train on")
    group.add_argument("--target", metavar="COLUMN", help="the column to predict")
    group.add_argument(
        "--features", metavar="a,b", help="the columns to predict it from (default: see columns)"
    )


def print_columns(path: str, as_json: bool) -> None:
    """Prints how a file is read: what was guessed, then a line or an object for each column."""
    from mlp_core.data.csv_file.read import read_csv

    file = read_csv(path)
    if as_json:
        print(json.dumps(_as_object(file), ensure_ascii=False, indent=1))
        return
    print(f"{path}: {file.num_rows:,} rows; {file.guessed}")
    for note in file.notes:
        print(f"assumed {note}")
    rows = [("column", "kind", "missing", "min", "max", "first", "")]
    for column in file.columns:
        first = " ".join(map(_written, column.first))
        reason = column.unusable or column.excluded
        ends = _written(column.low), _written(column.high)
        left_out = f"left out: {reason}" if reason else ""
        rows.append((column.name, column.kind, str(column.missing), *ends, first, left_out))
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


def opened_task(path: str, target: str | None, features: str | None) -> str:
    """Opens a file's table and returns the task it is; says on stderr how it was read.

    The task is named after its numbers, so that an interrupted sweep finds them again.

    Raises:
      ValueError: if the file or the choice of columns makes no table.
    """
    from mlp_core.data.csv_file.read import offered_features, read_csv, rows_with_gaps, table_from

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


def _as_object(file: "CsvFile") -> dict[str, object]:
    columns = [
        {
            "name": column.name,
            "kind": column.kind,
            "missing": column.missing,
            "min": column.low,
            "max": column.high,
            "first": list(column.first),
            "left_out": column.unusable or column.excluded,
        }
        for column in file.columns
    ]
    guesses = {
        "encoding": file.encoding,
        "separator": file.separator,
        "decimal": file.decimal,
        "thousands": file.thousands or None,
        "skipped_lines": list(file.skipped),
        "num_skipped_lines": file.num_skipped,
        "notes": list(file.notes),
    }
    return {"rows": file.num_rows, "guesses": guesses, "columns": columns}


def _split(features: str, file: "CsvFile") -> list[str]:
    """Returns the names in a list with commas, which a name may hold too."""
    known = {column.name for column in file.columns}
    parts, chosen = [part.strip() for part in features.split(",")], []
    while parts:
        lengths = range(len(parts), 0, -1)
        names = [(length, _joined(parts[:length])) for length in lengths]
        length, name = next((found for found in names if found[1] in known), names[-1])
        chosen.append(name)
        parts = parts[length:]
    for name in chosen:
        file.column(name)
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"--features must name each column only once, got {features!r}")
    return chosen


def _joined(parts: Sequence[str]) -> str:
    return ", ".join(parts)


def _written(value: float | str | None) -> str:
    return "-" if value is None else value if isinstance(value, str) else f"{value:.10g}"


def _fingerprint(table: Table) -> str:
    names = repr((table.features, table.target)).encode()
    return hashlib.sha256(names + table.x.tobytes() + table.y.tobytes()).hexdigest()[:16]
