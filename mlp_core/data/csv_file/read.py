"""Reads a user's file into columns, and turns chosen columns into a table to train on."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np

from mlp_core.data.csv_file import columns as kinds
from mlp_core.data.csv_file.columns import Column, is_constant, read_columns
from mlp_core.data.csv_file.decode import MAX_BYTES, decoded
from mlp_core.data.csv_file.layout import Layout, laid_out
from mlp_core.data.csv_file.numerals import is_number
from mlp_core.data.csv_file.rows import SEPARATORS
from mlp_core.data.table import COLUMNS, ROWS, Table

_MARK_WORDS = {".": "dot", ",": "comma", "'": "apostrophe", " ": "space"}
_CORRELATED = 0.5
_WHOLE_NAMES = ("#", "index", "idx", "key", "no", "no.", "nr", "nr.", "row", "uuid", "guid")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True, eq=False)
class CsvFile:
    """The columns of a file, and how it was read."""

    columns: tuple[Column, ...]
    num_rows: int
    encoding: str
    separator: str
    decimal: str
    thousands: str
    """The thousands marks; empty if there are none."""
    skipped: tuple[int, ...]
    """The numbers of the first lines that are neither the header nor data, counted from 1."""
    num_skipped: int
    """The number of all these lines."""
    notes: tuple[str, ...]
    """All other assumptions that were made to read the file."""

    def column(self, name: str) -> Column:
        """Returns the column with this name.

        Raises:
          ValueError: if there is no column with this name.
        """
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            names = ", ".join(column.name for column in self.columns)
            raise ValueError(f"There is no column {name!r}. The columns are {names}.")
        return found

    @property
    def usable(self) -> tuple[Column, ...]:
        """The columns that can be trained on."""
        return tuple(column for column in self.columns if column.unusable is None)

    @property
    def guessed(self) -> str:
        """A one-line description of how the file was read."""
        marks = " and ".join(_MARK_WORDS[mark] for mark in self.thousands)
        parts = [
            self.encoding,
            f"separator {SEPARATORS.get(self.separator, self.separator)}",
            f"decimal {_MARK_WORDS[self.decimal]}",
            f"thousands {marks}" if marks else "no thousands separator",
        ]
        if self.num_skipped:
            more = ", …" if self.num_skipped > len(self.skipped) else ""
            lines = "line" if self.num_skipped == 1 else f"{self.num_skipped:,} lines:"
            parts.append(f"skipped {lines} {', '.join(map(str, self.skipped))}{more}")
        return ", ".join(parts)


def read_csv(
    source: bytes | str | Path, separator: str | None = None, decimal: str | None = None
) -> CsvFile:
    """Returns the columns of a file as exported by spreadsheets, programs, and instruments.

    Args:
      source: the content of a file, or its path. The file is text in UTF-8, UTF-16, UTF-32, or
        cp1252, optionally compressed by gzip.
      separator: one of `SEPARATORS`; None to detect it.
      decimal: "." or ","; None to detect it.

    Raises:
      ValueError: if the file is not a table, its rows have different lengths, or it is too large.
        The message says where the problem is and how to solve it.
    """
    if separator not in (None, *SEPARATORS):
        raise ValueError(f"separator must be one of {', '.join(SEPARATORS.values())}")
    if decimal not in (None, ".", ","):
        raise ValueError(f"decimal must be a dot or a comma, got {decimal!r}")
    data, encoding = decoded(source if isinstance(source, bytes) else _content(Path(source)))
    layout = laid_out(data, separator)
    names, notes = _different_names(layout)
    read = read_columns(names, layout.cells, decimal)
    columns = []
    for column, name in zip(read.columns, layout.names, strict=True):
        is_unnamed = layout.has_header and not name
        if not (is_unnamed and column.kind == kinds.EMPTY):
            columns.append(replace(column, excluded=_reason_to_exclude(column, is_unnamed)))
    return CsvFile(
        tuple(columns),
        len(layout.cells[0]),
        encoding,
        layout.separator,
        read.decimal,
        read.thousands,
        layout.skipped,
        layout.num_skipped,
        (*notes, *(f"{column.name}: {note}" for column in columns for note in column.notes)),
    )


def table_from(file: CsvFile, target: str, features: Sequence[str] | None = None) -> Table:
    """Returns the rows in which all chosen columns have a value, encoded as numbers.

    Text with two values is encoded as 0 and 1, text with three to ten values as one column of 0 and
    1 per value (one-hot), and a date as the number of days since the first date.

    Args:
      target: the name of a column.
      features: the names of columns; None for the default features (`offered_features`).

    Raises:
      ValueError: if a column is unknown or cannot be used, no feature is chosen, there are too many
        columns or too few rows, or the target does not vary.
    """
    chosen = _chosen(file, target, features)
    y_column = file.column(target)
    names = [name for column in chosen for name in column.encoded_names]
    if len(names) + 1 > COLUMNS.high:
        raise ValueError(
            f"At most {COLUMNS.high} columns can be used, including the target and encoded text; "
            f"the choice has {len(names) + 1}. Choose fewer columns."
        )
    numbers = np.column_stack([*(column.encoded() for column in chosen), y_column.values])
    numbers = numbers[~np.isnan(numbers).any(axis=1)]
    if len(numbers) < ROWS.low:
        remedy = " Choose columns with fewer gaps." if len(numbers) < file.num_rows else ""
        raise ValueError(
            f"At least {ROWS.low} rows with a value in every chosen column are needed; there are "
            f"{len(numbers)}.{remedy}"
        )
    if is_constant(numbers[:, -1]):
        raise ValueError("The target is the same in every row: there is nothing to learn.")
    all_names = _numbered([*names, *y_column.encoded_names])
    return Table(tuple(all_names[:-1]), all_names[-1], numbers[:, :-1], numbers[:, -1])


def offered_features(file: CsvFile, target: str) -> list[str]:
    """Returns the names of the columns, except the target, that are features by default."""
    return [column.name for column in file.columns if column.is_offered and column.name != target]


def offered_target(file: CsvFile) -> str:
    """Returns the name of the default target: the last column that can be predicted.

    Columns that could also be features by default are preferred.

    Raises:
      ValueError: if there is no possible target, or no second column to predict it from.
    """
    targets = [column for column in file.usable if column.kind != kinds.FEW_VALUES]
    if not targets or len(file.usable) < 2:
        reasons = "; ".join(
            f"{column.name}: {column.unusable}" for column in file.columns if column.unusable
        )
        raise ValueError(
            "The file needs at least two columns that vary, one of them the target; it has "
            f"{len(file.usable)}." + (f" Left out are {reasons[:300]}." if reasons else "")
        )
    offered = [column for column in targets if column.is_offered]
    return (offered or targets)[-1].name


def rows_with_gaps(file: CsvFile, columns: Sequence[str]) -> int:
    """Returns the number of rows in which at least one of the columns has no value."""
    gaps = [np.isnan(file.column(name).values) for name in columns]
    return int(np.any(gaps, axis=0).sum())


def why_validate_on_last(file: CsvFile, table: Table) -> str | None:
    """Returns why the last rows may be better validation rows than random ones.

    None if there is no reason: the file has no dates, and successive target values are not alike.
    """
    dates = [column.name for column in file.columns if column.kind == kinds.DATE]
    if dates:
        return f"{dates[0]} is a date"
    before, after = table.y[:-1], table.y[1:]
    if np.ptp(before) == 0 or np.ptp(after) == 0:
        return None
    correlation = float(np.corrcoef(before, after)[0, 1])
    if correlation < _CORRELATED:
        return None
    return f"successive values of {table.target} are alike (correlation {correlation:.2f})"


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error


def _chosen(file: CsvFile, target: str, features: Sequence[str] | None) -> list[Column]:
    if file.column(target).kind == kinds.FEW_VALUES:
        raise ValueError(
            f"{target} is text with more than two values; a target must be a number or have two."
        )
    names = offered_features(file, target) if features is None else list(features)
    if not names or target in names:
        left_out = [
            f"{c.name} {c.excluded}" for c in file.usable if c.excluded and c.name != target
        ]
        why = f" Left out unless you choose them: {', '.join(left_out[:5])}." if left_out else ""
        raise ValueError(f"Choose at least one column to predict from, other than the target.{why}")
    chosen = [file.column(name) for name in names]
    for column in [*chosen, file.column(target)]:
        if column.unusable:
            raise ValueError(f"{column.name} cannot be used: {column.unusable}.")
    return chosen


def _reason_to_exclude(column: Column, is_unnamed: bool) -> str | None:
    """Returns why a column is not a feature by default; None if it is."""
    if column.kind == kinds.ROW_COUNTER:
        return "numbers the rows"
    if is_unnamed:
        return "has no name"
    words = [word.lower() for word in _WORDS.findall(column.name)]
    name, values = column.name.lower(), column.values
    if "id" in words or name in _WHOLE_NAMES:
        return "identifies the rows"
    # IDs are whole numbers that differ in every row, unlike the values of most columns like `paid`.
    is_own = len(np.unique(values)) == len(values) and bool((values == np.floor(values)).all())
    if name.endswith("id") and column.kind == kinds.NUMBER and is_own:
        return "identifies the rows"
    return "empty in most rows" if column.missing * 2 > len(values) else None


def _different_names(layout: Layout) -> tuple[list[str], list[str]]:
    """Returns a unique name for each column, and the assumptions about names."""
    notes = []
    if not layout.has_header:
        notes.append("no line names the columns, so they are numbered")
    elif all(is_number(name) for name in layout.names):
        notes.append(f"the numbers {', '.join(layout.names[:3])}, … are the names of the columns")
    names = [name or f"column {place}" for place, name in enumerate(layout.names, 1)]
    different = _numbered(names)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        notes.append(f"more than one column is called {', '.join(twice[:5])}, so they are numbered")
    return different, notes


def _numbered(names: Sequence[str]) -> list[str]:
    """Returns unique names: the second x becomes "x (2)"."""
    different: list[str] = []
    for name in names:
        numbered = (f"{name} ({number})" for number in count(2))
        taken = {*names, *different}
        different.append(
            name if name not in different else next(n for n in numbered if n not in taken)
        )
    return different
