"""The columns of a file: their kinds, their numbers, and which ones are features by default."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlp_core.data.csv_file import dates, numerals
from mlp_core.data.table import LARGEST

NUMBER, TWO_VALUES, FEW_VALUES = "number", "two values", "few values"
TEXT, DATE, EMPTY, ROW_COUNTER = "text", "date", "empty", "row counter"
MOST_CATEGORIES = 10

MISSING = frozenset(
    (
        *("", "na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "nat", "nil", "null", "none"),
        *("missing", "unknown", "-", "--", "\u2013", "\u2014", ".", "?"),
        *("#value!", "#div/0!", "#ref!", "#name?", "#num!", "#null!"),
    )
)
"""The cells that count as missing values, in lower case."""

_SAME = "the same in all rows"
_FIRST = 5
_LONGEST_CELL = 60
_LONGEST_WITHOUT_CENTURY = 50 * 365
"""In days. A larger range of two-digit years is ambiguous: 68 is read as 2068, but 69 as 1969."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a file."""

    name: str
    kind: str
    values: np.ndarray
    """`[N]`, float64: numbers, days since the first date, or indices of `labels`.

    NaN marks a missing value.
    """
    first: tuple[float | str | None, ...]
    """The first five values, as they were parsed."""
    low: float | str | None = None
    high: float | str | None = None
    labels: tuple[str, ...] = ()
    """The different values of a text column with two or few of them, sorted."""
    unusable: str | None = None
    """Why the column cannot be used in a run; None if it can."""
    excluded: str | None = None
    """Why the column is not a feature by default; None if it is."""
    notes: tuple[str, ...] = ()
    """The assumptions that were made to read the column."""

    @property
    def missing(self) -> int:
        """The number of rows without a value."""
        return int(np.isnan(self.values).sum())

    @property
    def is_offered(self) -> bool:
        """Whether the column is a feature by default."""
        return self.unusable is None and self.excluded is None

    @property
    def encoded_names(self) -> tuple[str, ...]:
        """The names of the numeric columns that encode this column."""
        if self.kind == FEW_VALUES:
            return tuple(f"{self.name} = {label}" for label in self.labels)
        if self.labels:
            return (f"{self.name} = {self.labels[1]}",)
        return (f"{self.name} (days since {self.low})" if self.kind == DATE else self.name,)

    def encoded(self) -> np.ndarray:
        """Returns the numbers that encode this column, `[N, number of encoded_names]`."""
        if self.kind != FEW_VALUES:
            return self.values[:, None]
        one_hot = (self.values[:, None] == np.arange(len(self.labels))).astype(np.float64)
        one_hot[np.isnan(self.values)] = np.nan
        return one_hot


class Read(NamedTuple):
    """All columns of a file, and the decimal and thousands marks they were read with."""

    columns: tuple[Column, ...]
    decimal: str
    thousands: str


class _Raw(NamedTuple):
    """A column before its values are read: as numbers, as dates, or as text."""

    cells: pa.Array
    """Stripped text, null where there is no value."""
    plain: pa.Array | None = None
    """The numbers, if all cells are written like Python numbers."""
    signed: pa.Array | None = None
    """The result of `numerals.without_currencies`; None if the column is not numeric."""
    currencies: tuple[str, ...] = ()
    evidence: numerals.Evidence | None = None
    """The evidence for a decimal mark in the cells; None if the column is not numeric."""
    dates: tuple[str, ...] = ()
    """The date formats that fit the cells."""


_UNDECIDED = (
    "nothing in the file decides whether 1.234 is 1.234 or 1234, so a dot is read as the decimal "
    "point and a comma as a thousands separator"
)
_MISSING = pa.array(sorted(MISSING))


def read_columns(names: Sequence[str], cells: Sequence[pa.Array], decimal: str | None) -> Read:
    """Returns the columns of a file.

    If the decimal mark or the date order of a column is ambiguous, other columns can determine it.

    Args:
      names: unique names.
      cells: the text of each column.
      decimal: the decimal mark; None to detect it.
    """
    raw = [_raw(column) for column in cells]
    marks = numerals.decimal_marks([column.evidence for column in raw])
    if decimal:
        marks = [decimal for _ in raw]
    forms = dates.in_one_order([column.dates for column in raw])
    columns, groups = [], ""
    for name, column, mark, form in zip(names, raw, marks, forms, strict=True):
        read, used = _column(name, column._replace(dates=form), mark or ".")
        columns.append(read if mark else replace(read, notes=(*read.notes, _UNDECIDED)))
        groups += used
    used_marks = [mark or "." for mark, column in zip(marks, raw, strict=True) if column.evidence]
    return Read(
        tuple(columns),
        max(used_marks, key=used_marks.count, default="."),
        "".join(dict.fromkeys(groups)),
    )


def is_constant(numbers: np.ndarray) -> bool:
    """Returns whether all numbers are equal up to rounding, ignoring NaN."""
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    return not high - low > 1e-9 * max(abs(low), abs(high))


def _raw(cells: pa.Array) -> _Raw:
    filled = pc.if_else(pc.equal(cells, ""), None, cells)
    plain = numerals.plain_numbers(filled)
    if plain is not None:
        return _Raw(filled, plain, filled, (), numerals.evidence(filled, _sample(filled)))
    cells = pc.utf8_trim_whitespace(cells)
    cells = pc.if_else(pc.is_in(pc.utf8_lower(cells), _MISSING), None, cells)
    sample = numerals.with_plain_signs(_sample(cells))
    currencies = numerals.currencies(sample)
    sample = numerals.without_currencies(sample, currencies)
    forms = dates.formats(sample)
    if not len(sample) or forms or not numerals.are_mostly_numbers(sample):
        return _Raw(cells, dates=forms)
    signed = numerals.without_currencies(numerals.with_plain_signs(cells), currencies)
    return _Raw(cells, None, signed, currencies, numerals.evidence(signed, sample))


def _sample(cells: pa.Array) -> pa.Array:
    """Returns up to 1,000 values, evenly spaced over a column."""
    cells = cells.drop_null()
    places = np.linspace(0, len(cells) - 1, 1000).astype(np.int64)
    return cells if len(cells) <= 1000 else cells.take(pa.array(places))


def _column(name: str, raw: _Raw, decimal: str) -> tuple[Column, str]:
    """Returns a column, and the thousands marks in it."""
    cells = raw.cells
    if raw.plain is not None and (
        decimal == "." or not pc.any(pc.match_substring(cells, ".")).as_py()
    ):
        return _of_numbers(name, raw.plain), ""
    if raw.signed is None:
        times = dates.times(cells, raw.dates)
        return _of_times(name, *times) if times else _of_text(name, cells), ""
    found = numerals.numbers(raw.signed, decimal, raw.currencies)
    unread = pc.indices_nonzero(pc.and_(pc.is_valid(cells), pc.is_null(found.values)))
    problem = found.problem or (_misread(cells, unread) if len(unread) else "")
    if problem:
        return _unusable_text(name, cells, problem), ""
    words = pc.unique(cells.take(unread)).to_pylist()
    missing = [f"{_quoted(words)} read as missing"] if words else []
    return _of_numbers(name, found.values, (*found.notes, *missing)), found.groups


def _misread(cells: pa.Array, rows: pa.Array) -> str | None:
    """Returns a sentence about a cell with digits that is not a number; None if there is none.

    Reading such a cell as a missing value would bias the column.
    """
    place = pc.index(pc.match_substring_regex(cells.take(rows), r"\p{N}"), True).as_py()
    if place < 0:
        return None
    row = rows[place].as_py()
    return f"“{cells[row].as_py()[:_LONGEST_CELL]}” in row {row + 1:,} is not a number"


def _of_numbers(name: str, numbers: pa.Array, notes: tuple[str, ...] = ()) -> Column:
    values = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    sound = np.abs(values) <= LARGEST
    beyond = int((~sound & ~np.isnan(values)).sum())
    if beyond:
        notes = (*notes, f"{beyond:,} infinite or beyond {LARGEST:g} read as missing")
    values = np.where(sound, values, np.nan)
    if not sound.any():
        return Column(name, EMPTY, values, _first(values), unusable="empty", notes=notes)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    kind = ROW_COUNTER if _numbers_the_rows(values) else NUMBER
    if low < high and ((values == low) | (values == high) | np.isnan(values)).all():
        kind = TWO_VALUES
    unusable = _SAME if is_constant(values) else None
    return Column(name, kind, values, _first(values), low, high, unusable=unusable, notes=notes)


def _numbers_the_rows(values: np.ndarray) -> bool:
    """Returns whether values are whole numbers that count the rows, in any order.

    If the numbers are ascending, some of them may be missing, as after rows were removed.
    """
    if len(values) < 3 or not (values == np.floor(values)).all():
        return False
    steps = np.diff(np.sort(values))
    if (steps == 1).all():
        return True
    return bool(
        (np.diff(values) > 0).all() and np.median(steps) == 1 and steps.sum() < 2 * len(values)
    )


def _of_text(name: str, cells: pa.Array) -> Column:
    filled = len(cells) - cells.null_count
    if not filled:
        return _unusable_text(name, cells, "empty", EMPTY)
    problem = _unknown_numbers(cells)
    labels = pc.unique(cells.drop_null())
    if not 2 <= len(labels) <= min(MOST_CATEGORIES, max(2, filled // 2)):
        why = _SAME if len(labels) == 1 else "text with many different values"
        return _unusable_text(name, cells, problem or why)
    ordered = sorted(labels.to_pylist())
    places = pc.index_in(cells, pa.array(ordered))
    values = places.to_numpy(zero_copy_only=False).astype(np.float64)
    kind = TWO_VALUES if len(ordered) == 2 else FEW_VALUES
    notes = (f"read as text, because {problem}",) if problem else ()
    return Column(name, kind, values, _shown(cells), labels=tuple(ordered), notes=notes)


def _unusable_text(name: str, cells: pa.Array, why: str, kind: str = TEXT) -> Column:
    values = np.where(cells.is_null().to_numpy(zero_copy_only=False), np.nan, 0.0)
    return Column(name, kind, values, _shown(cells), unusable=why)


def _shown(cells: pa.Array) -> tuple[str | None, ...]:
    return tuple(cell and cell[:_LONGEST_CELL] for cell in cells[:_FIRST].to_pylist())


def _unknown_numbers(cells: pa.Array) -> str | None:
    """Returns a sentence about cells that start like numbers but are not, as 1.5m and 12 kg.

    None if fewer than half of the cells are of this kind.
    """
    sample = _sample(cells)
    like = pc.match_substring_regex(sample, r"^[^\p{L}\p{N}]{0,3}\d")
    if pc.sum(like).as_py() * 2 < len(sample):
        return None
    example = sample[pc.index(like, True).as_py()].as_py()
    return f"“{example[:_LONGEST_CELL]}” is not a number in a known format"


def _of_times(name: str, times: pd.Series, form: str) -> Column:
    days = ((times - times.min()) / pd.Timedelta(days=1)).to_numpy(np.float64, na_value=np.nan)
    shown = tuple(None if pd.isna(time) else dates.iso(time) for time in times[:_FIRST])
    notes = () if form == dates.ISO else (f"dates read as {dates.in_words(form)}",)
    unusable = _SAME if is_constant(days) else None
    if "%y" in form and np.nanmax(days) > _LONGEST_WITHOUT_CENTURY:
        unusable = "dates with two-digit years, whose century is unclear: write four digits"
    ends = dates.iso(times.min()), dates.iso(times.max())
    return Column(name, DATE, days, shown, *ends, unusable=unusable, notes=notes)


def _first(values: np.ndarray) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in values[:_FIRST])


def _quoted(words: Sequence[str]) -> str:
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    return ", ".join(f"“{word[:_LONGEST_CELL]}”" for word in words[:3]) + more
