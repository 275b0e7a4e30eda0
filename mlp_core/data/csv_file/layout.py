"""What the rows of a file are: titles, comments, the names of the columns, data, and footers."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from mlp_core.data.csv_file import header
from mlp_core.data.csv_file.rows import (
    LONGEST_ROW,
    MAX_FIELDS,
    MAX_ROWS,
    ONE_COLUMN,
    SEPARATORS,
    Found,
    Rows,
    find_rows,
)

_SAMPLE_ROWS = 200
_NAMED_LINES = 10
_MOST_COMMENTS = 0.25
"""The share of rows that start with # above which those with all fields are data."""
_TOTALS = frozenset(("total", "totals", "grand total", "sum"))


class Layout(NamedTuple):
    """A text whose rows all have as many fields as there are names."""

    body: bytes
    """The rows alone, without what is not data."""
    names: tuple[str, ...]
    """As they stand in the file; empty where a column has no name."""
    has_header: bool
    separator: str
    quoted: bool
    """Whether quotation marks enclose fields."""
    num_rows: int
    skipped: tuple[int, ...]
    """The numbers of the first lines with text that are neither names nor data."""
    num_skipped: int


def laid_out(data: bytes, separator: str | None = None) -> Layout:
    """Returns where the cells of a text are.

    Args:
      data: UTF-8 with "\\n" line ends.
      separator: None to find out.

    Raises:
      ValueError: if the rows do not all have as many fields as the header, or are too many. The
        message names a line.
    """
    return _Finder(find_rows(data, separator)).layout()


def cells(layout: Layout) -> list[pa.Array]:
    """Returns the text of each column.

    Raises:
      ValueError: if the parser finds other rows than `laid_out`.
    """
    places = [str(place) for place in range(len(layout.names))]
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(layout.body),
            # One block, as a row must not be larger than a block.
            arrow_csv.ReadOptions(
                use_threads=False, block_size=len(layout.body) + 1, column_names=places
            ),
            arrow_csv.ParseOptions(
                delimiter=layout.separator,
                quote_char='"' if layout.quoted else False,
                newlines_in_values=layout.quoted,
            ),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(places, pa.string())),
        )
    except pa.ArrowInvalid as error:
        raise ValueError(f"The file cannot be read as CSV: {error}.") from None
    if table.num_rows != layout.num_rows:
        raise ValueError(
            f"The file cannot be read as CSV: {layout.num_rows:,} rows were found, but "
            f"{table.num_rows:,} were read."
        )
    return [column.combine_chunks() for column in table.columns]


class _Finder:
    """Finds the header and the rows of one text."""

    def __init__(self, found: Found) -> None:
        self._width, self._num_lines_before = found.width, found.num_lines_before
        self._rows = found.rows.only(~found.rows.blank)
        self._is_comment = self._rows.are_comments()
        self._top = [
            self._rows.fields(row) for row in range(min(_SAMPLE_ROWS, len(self._rows.starts)))
        ]

    def layout(self) -> Layout:
        """Returns where the names and the rows are.

        Raises:
          ValueError: if there are too many rows, or they do not fit together.
        """
        header_row, first = self._header()
        is_named = header_row is not None
        names = [""] * self._sound_width() if header_row is None else self._names(header_row)
        below = np.arange(len(self._rows.starts)) >= first
        rows, is_comment = self._rows.only(below), self._is_comment[below]
        if np.count_nonzero(is_comment) > _MOST_COMMENTS * len(is_comment):
            is_comment = is_comment & (rows.widths != len(names))
        aside = is_comment | self._footers(rows)
        body = rows.only(~aside)
        if len(body.starts) > MAX_ROWS:
            raise ValueError(f"The file may have at most {MAX_ROWS:,} rows; it has more.")
        if not len(body.starts):
            raise ValueError("The file has a first line but no rows.")
        while len(names) > body.widths.max() and not names[-1]:
            names = names[:-1]
        short = np.flatnonzero(body.widths < len(names))
        sound = int(short[0]) if len(short) else body.without_surplus(len(names))
        if isinstance(sound, int):
            raise ValueError(self._wrong_width(body, sound, len(names), is_named))
        above = [row for row in range(first) if row != header_row]
        skipped = [*self._rows.starts[above], *rows.starts[aside]]
        return Layout(
            sound.joined(),
            tuple(names),
            is_named,
            sound.separator,
            sound.quoted,
            len(sound.starts),
            tuple(self._line(start) for start in skipped[:_NAMED_LINES]),
            len(skipped),
        )

    def _header(self) -> tuple[int | None, int]:
        """Returns which filled row names the columns, None if no row does, and the first row."""
        rows = [row for row in range(len(self._top)) if not self._is_comment[row]]
        wide = [row for row in rows if self._rows.widths[row] == self._width]
        while len(wide) > 1 and header.is_padded_title(self._top[wide[0]], self._top[wide[1]]):
            wide = wide[1:]
        if not wide:
            raise ValueError(ONE_COLUMN)
        wide = wide[header.num_titles([self._top[row] for row in wide[:30]]) :]
        self._refuse_second_header(wide[:21])
        first, below = wide[0], [self._top[row] for row in wide[1:21]]
        before = [row for row in rows if row < first and len(self._top[row]) > 1]
        if before and len(self._top[before[-1]]) == self._sound_width() < self._width:
            return before[-1], first
        if header.names_columns(self._top[first], below):
            return first, first + 1
        comments = [
            row
            for row in range(first)
            if self._is_comment[row] and len(self._comment_names(row)) == self._width
        ]
        if comments:
            return comments[-1], first
        if header.may_name_columns(self._top[first], below):
            return first, first + 1
        return (before[-1] if before else None), first

    def _refuse_second_header(self, wide: list[int]) -> None:
        """Refuses two lines of text above the numbers, as names and units are, or a title."""
        rows = [self._top[row] for row in wide]
        both_text = len(rows) > 2 and header.is_text(rows[0]) and header.is_text(rows[1])
        if both_text and header.has_text_above_values(rows[1], rows[2:]):
            first, second = (self._line(self._rows.starts[row]) for row in wide[:2])
            raise ValueError(
                f"Lines {first:,} and {second:,} could both name the columns. Remove one of them."
            )

    def _names(self, row: int) -> list[str]:
        if self._rows.ends[row] - self._rows.starts[row] > LONGEST_ROW:
            raise ValueError(
                f"The names of the columns may have at most {LONGEST_ROW:,} bytes; they have more."
            )
        fields = self._comment_names(row) if self._is_comment[row] else self._top[row]
        if len(fields) > MAX_FIELDS and any(fields[MAX_FIELDS:]):
            raise ValueError(f"The file may have at most {MAX_FIELDS} columns; it has more.")
        return [" ".join(name.split()) for name in fields]

    def _comment_names(self, row: int) -> list[str]:
        """Returns the names in a line that starts with #, which may be a name itself."""
        first, *others = self._top[row]
        bare = first.lstrip("# ")
        if not bare and len(others) == self._width:
            return others
        return [bare or "#", *others]

    def _sound_width(self) -> int:
        """Returns how many fields of the sample's rows are columns: what is always empty is not."""
        rows = [fields for fields in self._top if len(fields) == self._width]
        return max(
            (place + 1 for fields in rows for place, cell in enumerate(fields) if cell.strip()),
            default=self._width,
        )

    def _footers(self, rows: Rows) -> np.ndarray:
        """Returns which rows at the end are a source, with one field only, or a total."""
        places = np.arange(len(rows.starts))
        many = np.flatnonzero(rows.widths > 1)
        last = int(many[-1]) if len(many) else -1
        if last > 0 and rows.fields(last)[0].strip(" :").lower() in _TOTALS:
            last -= 1
        return places > last

    def _wrong_width(self, body: Rows, row: int, width: int, is_named: bool) -> str:
        fields, line = int(body.widths[row]), self._line(body.starts[row])
        named = f"the header names {width}" if is_named else f"others have {width}"
        if self._rows.separator == " ":
            remedy = "Write NA for an empty value, and enclose a value with spaces in quotes."
        elif fields > width:
            remedy = "Enclose a value that contains the separator in quotes, or name every column."
        else:
            remedy = "Keep the separator of an empty value, or remove the line."
        return (
            f"Line {line:,} (row {row + 1:,} of the data) has {fields:,} fields separated by "
            f"{SEPARATORS.get(self._rows.separator, self._rows.separator)}, but {named}. {remedy}"
        )

    def _line(self, start: int) -> int:
        return self._rows.data.count(b"\n", 0, int(start)) + 1 + self._num_lines_before
