"""Where the cells of a text are: its separator, the line that names the columns, its rows.

The number of fields of every row is known before a parser sees one, because parsers store what a
single long row needs for all of them. Each step looks at all bytes at once with NumPy, which takes
hundredths of a second for 25 MB.

`csv.Sniffer` was tried: it finds the separator of simple files, but neither lines above the header
nor rows of other lengths, and it is wrong about the header of some files.
"""

import csv
import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from mlp_core.data.csv_file import looks

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "spaces"}
MAX_ROWS = 100_000
MAX_FIELDS = 256

_SAMPLE = 2**16
_SAMPLE_ROWS = 200
_MAX_LINES = 4 * MAX_ROWS
_MAX_ROW = 20_000
_NAMED_LINES = 10
_MOST_COMMENTS = 0.25
"""The share of rows that start with # above which those with all fields are data."""
_NEWLINE, _QUOTE, _SPACE, _TAB, _HASH = b'\n" \t#'
_BLANK = np.isin(np.arange(256), list(b'\n" \t\v\f'))
_SPREADSHEET_LINE = re.compile(rb'\A\s*"?sep=(.)"?[ \t]*\n', re.IGNORECASE)


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


class _Rows(NamedTuple):
    """The rows of a text: where each starts and ends, its number of fields, whether it is blank."""

    starts: np.ndarray
    ends: np.ndarray
    widths: np.ndarray
    blank: np.ndarray

    def only(self, kept: np.ndarray) -> "_Rows":
        return _Rows(*(array[kept] for array in self))


class _Guess(NamedTuple):
    separator: str
    width: int
    score: float


def laid_out(data: bytes, separator: str | None = None) -> Layout:
    """Returns where the cells of a text are.

    Args:
      data: UTF-8 with "\\n" line ends.
      separator: None to find out.

    Raises:
      ValueError: if the rows do not all have as many fields as the header, or are too many. The
        message names a line.
    """
    data, named = _without_separator_line(data)
    line_offset = 1 if named else 0
    guess = _guess(data, separator or named)
    if guess.separator == " ":
        data = _single_spaced(data)
    data, quoted = _with_sound_quotes(data, guess.separator)
    rows = _rows(data, guess.separator, quoted)
    return _Finder(data, guess, quoted, rows, line_offset).layout()


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

    def __init__(
        self, data: bytes, guess: _Guess, quoted: bool, rows: _Rows, line_offset: int
    ) -> None:
        self._data, self._separator, self._width = data, guess.separator, guess.width
        self._quoted, self._line_offset = quoted, line_offset
        self._filled = rows.only(~rows.blank)
        self._comment = _starts_with(data, self._filled.starts, _HASH)
        top = range(min(_SAMPLE_ROWS, len(self._filled.starts)))
        self._top = [self._fields(row) for row in top]

    def layout(self) -> Layout:
        header, first = self._header()
        names = self._names(header) if header is not None else [""] * self._sound_width()
        rows = self._filled.only(np.arange(len(self._filled.starts)) >= first)
        comment = self._comment[first:]
        if np.count_nonzero(comment) > _MOST_COMMENTS * len(comment):
            comment = comment & (rows.widths != len(names))
        aside = comment | self._footers(rows)
        body = rows.only(~aside)
        if len(body.starts) > MAX_ROWS:
            raise ValueError(f"The file may have at most {MAX_ROWS:,} rows; it has more.")
        if not len(body.starts):
            raise ValueError("The file has a first line but no rows.")
        names = self._as_wide_as_the_rows(names, body)
        ends = self._sound_ends(body, len(names), header)
        above = [row for row in range(first) if row != header]
        skipped = [*self._filled.starts[above], *rows.starts[aside]]
        return Layout(
            _joined(self._data, body.starts, ends),
            tuple(names),
            header is not None,
            self._separator,
            self._quoted,
            len(body.starts),
            tuple(self._line(start) for start in skipped[:_NAMED_LINES]),
            len(skipped),
        )

    def _header(self) -> tuple[int | None, int]:
        """Returns which filled row names the columns, None if no row does, and the first row."""
        rows = [row for row in range(len(self._top)) if not self._comment[row]]
        wide = [row for row in rows if self._filled.widths[row] == self._width]
        while len(wide) > 1 and looks.is_padded_title(self._top[wide[0]], self._top[wide[1]]):
            wide = wide[1:]
        if not wide:
            raise ValueError(_ONE_COLUMN)
        wide = wide[looks.num_titles([self._top[row] for row in wide[:30]]) :]
        self._refuse_second_header(wide[:21])
        first, below = wide[0], [self._top[row] for row in wide[1:21]]
        before = [row for row in rows if row < first and len(self._top[row]) > 1]
        if before and len(self._top[before[-1]]) == self._sound_width() < self._width:
            return before[-1], first
        if looks.names_columns(self._top[first], below):
            return first, first + 1
        comments = [
            row
            for row in range(first)
            if self._comment[row] and len(self._comment_names(row)) == self._width
        ]
        if comments:
            return comments[-1], first
        if looks.may_name_columns(self._top[first], below):
            return first, first + 1
        return (before[-1] if before else None), first

    def _refuse_second_header(self, wide: list[int]) -> None:
        """Refuses two lines of text above the numbers, as names and units are, or a title."""
        rows = [self._top[row] for row in wide]
        both_text = len(rows) > 2 and looks.is_text(rows[0]) and looks.is_text(rows[1])
        if both_text and looks.has_text_above_values(rows[1], rows[2:]):
            first, second = (self._line(self._filled.starts[row]) for row in wide[:2])
            raise ValueError(
                f"Lines {first:,} and {second:,} could both name the columns. Remove one of them."
            )

    def _names(self, header: int) -> list[str]:
        if self._filled.ends[header] - self._filled.starts[header] > _MAX_ROW:
            raise ValueError(
                f"The names of the columns may have at most {_MAX_ROW:,} bytes; they have more."
            )
        fields = self._comment_names(header) if self._comment[header] else self._top[header]
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

    def _as_wide_as_the_rows(self, names: list[str], body: _Rows) -> list[str]:
        """Returns names without the empty ones that end a header only."""
        widest = int(body.widths.max())
        while len(names) > widest and not names[-1]:
            names = names[:-1]
        return names

    def _footers(self, rows: _Rows) -> np.ndarray:
        """Returns which rows at the end have one field only, as a source or a total has."""
        many = np.flatnonzero(rows.widths > 1)
        last = many[-1] if len(many) else -1
        return np.arange(len(rows.starts)) > last

    def _sound_ends(self, body: _Rows, width: int, header: int | None) -> np.ndarray:
        """Returns where rows end without surplus fields that are empty.

        Raises:
          ValueError: if a row has too few fields, or a surplus one with a value.
        """
        short = np.flatnonzero(body.widths < width)
        if len(short):
            raise ValueError(self._wrong_width(body, int(short[0]), width, header))
        array = np.frombuffer(self._data, np.uint8)
        ends, surplus = body.ends.copy(), body.widths - width
        for _ in range(2 * MAX_FIELDS):
            long = np.flatnonzero(surplus > 0)
            if not len(long):
                return ends
            end = ends[long]
            is_separator = array[end - 1] == ord(self._separator)
            is_quoted = (array[end - 1] == _QUOTE) & (array[end - 2] == _QUOTE)
            is_quoted &= array[end - 3] == ord(self._separator)
            if not (is_separator | is_quoted | (array[end - 1] == _SPACE)).all():
                break
            surplus[long] -= is_separator
            ends[long] -= np.where(is_quoted, 2, 1)
        filled = ~(is_separator | is_quoted | (array[end - 1] == _SPACE))
        raise ValueError(self._wrong_width(body, int(long[np.argmax(filled)]), width, header))

    def _wrong_width(self, body: _Rows, row: int, width: int, header: int | None) -> str:
        fields, line = int(body.widths[row]), self._line(body.starts[row])
        named = f"the header names {width}" if header is not None else f"others have {width}"
        if self._separator == " ":
            remedy = "Write NA for an empty value, and enclose a value with spaces in quotes."
        elif fields > width:
            remedy = "Enclose a value that contains the separator in quotes, or name every column."
        else:
            remedy = "Keep the separator of an empty value, or remove the line."
        return (
            f"Line {line:,} (row {row + 1:,} of the data) has {fields:,} fields separated by "
            f"{SEPARATORS[self._separator]}, but {named}. {remedy}"
        )

    def _fields(self, row: int) -> list[str]:
        return _fields(self._data, self._filled, row, self._separator, self._quoted)

    def _line(self, start: int) -> int:
        return self._data.count(b"\n", 0, int(start)) + 1 + self._line_offset


_ONE_COLUMN = (
    "The lines have only one column. Known separators are "
    f"{', '.join(SEPARATORS.values())}; other files are not CSV."
)


def _without_separator_line(data: bytes) -> tuple[bytes, str | None]:
    """Returns the text after a first line like `sep=;`, and the separator that it names."""
    found = _SPREADSHEET_LINE.match(data)
    if found is None:
        return data, None
    separator = found[1].decode("latin-1")
    return data[found.end() :], separator if separator in SEPARATORS else None


def _guess(data: bytes, separator: str | None) -> _Guess:
    """Returns the separator that gives most rows the same number of fields, and numbers in them.

    Raises:
      ValueError: if none gives two columns.
    """
    sample = data[:_SAMPLE]
    if len(data) > _SAMPLE:
        array = np.frombuffer(sample, np.uint8)
        ends = np.flatnonzero((array == _NEWLINE) & ~_inside(array))
        sample = sample[: ends[-1] + 1] if len(ends) else sample
    sample_text = sample.replace(b"\t", b"\t ")  # a tab may stand for spaces
    marks = [separator] if separator else [m for m in SEPARATORS if m.encode() in sample_text]
    guesses = [_judged(sample, mark) for mark in marks]
    best = max((guess for guess in guesses if guess), key=lambda guess: guess.score, default=None)
    if best is None:
        raise ValueError(_ONE_COLUMN)
    if best.width > MAX_FIELDS:
        raise ValueError(
            f"The file may have at most {MAX_FIELDS} columns; a line has {best.width:,} fields."
        )
    return best


def _judged(sample: bytes, separator: str) -> _Guess | None:
    if separator == " ":
        sample = _single_spaced(sample)
    try:
        sample, quoted = _with_sound_quotes(sample, separator)
    except ValueError:
        quoted = False
    rows = _rows(sample, separator, quoted)
    rows = rows.only(~rows.blank & ~_starts_with(sample, rows.starts, _HASH))
    counts = Counter(width for width in rows.widths.tolist() if width > 1)
    if not counts:
        return None
    width = max(counts, key=lambda width: (counts[width], width))
    typical = np.flatnonzero(rows.widths == width)[:50]
    fields = [field for row in typical for field in _fields(sample, rows, row, separator, quoted)]
    clean = sum(map(looks.is_value, fields)) / max(1, len(fields))
    share = counts[width] / len(rows.widths)
    if separator == " ":
        # Spaces stand in text too: only rows of equal length with numbers in them are columns.
        return _Guess(" ", width, 0.9 * share * clean) if share >= 0.5 and clean > 0.3 else None
    return _Guess(separator, width, share * (1 + clean) / 2)


def _rows(data: bytes, separator: str, quoted: bool) -> _Rows:
    """Returns the rows of a text.

    Raises:
      ValueError: if there are far too many.
    """
    array = np.frombuffer(data, np.uint8)
    newlines, separators = array == _NEWLINE, array == ord(separator)
    blank = _BLANK | (np.arange(256) == ord(separator))
    if quoted:
        outside = ~_inside(array)
        newlines &= outside
        separators &= outside
    if np.count_nonzero(newlines) > _MAX_LINES:
        raise ValueError(f"The file may have at most {MAX_ROWS:,} rows; it has more.")
    ends = np.flatnonzero(newlines)
    if not len(ends) or ends[-1] != len(array) - 1:
        ends = np.append(ends, len(array))
    starts = np.concatenate([[0], ends[:-1] + 1])
    widths = np.add.reduceat(separators, starts, dtype=np.int32) + 1
    filled = np.add.reduceat(~blank[array], starts, dtype=np.int32) > 0
    return _Rows(starts, ends, widths, ~filled)


def _inside(array: np.ndarray) -> np.ndarray:
    """Returns which bytes lie within quotation marks, the opening one included."""
    return (np.add.accumulate(array == _QUOTE, dtype=np.uint8) & 1).astype(bool)


def _with_sound_quotes(data: bytes, separator: str) -> tuple[bytes, bool]:
    """Returns a text whose quotation marks enclose whole fields, and whether there are any.

    Marks within fields that none encloses are text: 5" is five inches.

    Raises:
      ValueError: if both kinds stand in one file, or an enclosing mark has no end.
    """
    if b'"' not in data:
        return data, False
    if _misplaced_quote(data, separator) is None:
        return data, True
    trimmed = _trimmed(data, separator)
    place = _misplaced_quote(trimmed, separator)
    if place is None:
        return trimmed, True
    array = np.frombuffer(trimmed, np.uint8)
    opens = np.append([_NEWLINE], array[:-1])[array == _QUOTE]
    if not ((opens == _NEWLINE) | (opens == ord(separator))).any():
        return data, False
    line = trimmed.count(b"\n", 0, place) + 1
    raise ValueError(
        f"Line {line:,} has a quotation mark that neither opens nor ends a value. Write it twice "
        "within a quoted value, or remove it."
    )


def _misplaced_quote(data: bytes, separator: str) -> int | None:
    """Returns the place of a quotation mark that neither opens, ends, nor is doubled."""
    array = np.frombuffer(data, np.uint8)
    quotes, inside = array == _QUOTE, _inside(array)
    edge = quotes | (array == _NEWLINE) | (array == ord(separator))
    wrong = quotes & inside
    wrong[1:] &= ~edge[:-1]
    wrong[0] = False
    closing = quotes & ~inside
    closing[:-1] &= ~edge[1:]
    closing[-1] = False
    wrong |= closing
    if wrong.any():
        return int(np.argmax(wrong))
    return data.rfind(b'"') if inside[-1] else None


def _trimmed(data: bytes, separator: str = "\n") -> bytes:
    """Returns a text without spaces around fields, and with one instead of several within them.

    What quotation marks enclose stays.
    """
    edge = np.isin(np.arange(256), [_NEWLINE, ord(separator)])
    array = np.frombuffer(data, np.uint8)
    space = (array == _SPACE) & ~_inside(array)
    array = array[~(space & np.concatenate([[True], (space | edge[array])[:-1]]))]
    space = (array == _SPACE) & ~_inside(array)
    return array[~(space & np.concatenate([edge[array[1:]], [True]]))].tobytes()


def _single_spaced(data: bytes) -> bytes:
    """Returns a text whose columns are separated by one space, not by several or by tabs."""
    return _trimmed(data.replace(b"\t", b" "))


def _starts_with(data: bytes, starts: np.ndarray, sign: int) -> np.ndarray:
    return np.frombuffer(data + b" ", np.uint8)[starts] == sign


def _joined(data: bytes, starts: np.ndarray, ends: np.ndarray) -> bytes:
    """Returns the rows from starts to ends, a line each."""
    if (starts[1:] == ends[:-1] + 1).all():
        return data[starts[0] : ends[-1]] + b"\n"
    change = np.zeros(len(data) + 2, np.int8)
    np.add.at(change, starts, 1)
    np.add.at(change, ends + 1, -1)
    array = np.frombuffer(data + b"\n", np.uint8).copy()
    array[ends] = _NEWLINE
    return array[np.add.accumulate(change, dtype=np.int8)[: len(array)] > 0].tobytes()


def _fields(data: bytes, rows: _Rows, row: int, separator: str, quoted: bool) -> list[str]:
    """Returns the fields of a row; empty ones where they are too long to look at."""
    start, end, width = (int(array[row]) for array in (rows.starts, rows.ends, rows.widths))
    if end - start > _MAX_ROW:
        return [""] * min(width, MAX_FIELDS)
    line = data[start:end].decode(errors="ignore")
    if not quoted:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)
