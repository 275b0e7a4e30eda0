"""The rows of a text: its separator, its quotation marks, and where each row starts and ends.

The number of fields of every row is known before a parser sees one, because parsers store what a
single long row needs for all rows. Each step looks at all bytes at once with NumPy, which takes
hundredths of a second for 25 MB.

`csv.Sniffer` was tried: it finds the separator of simple files, but neither lines above the header
nor rows of other lengths, and it is wrong about the header of some files.
"""

import csv
import re
from collections import Counter
from typing import NamedTuple

import numpy as np

from mlp_core.data.csv_file.header import is_value

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "spaces"}
MAX_ROWS = 100_000
MAX_FIELDS = 256
LONGEST_ROW = 20_000
"""Bytes of a row whose fields are looked at one by one."""

ONE_COLUMN = (
    "The lines have only one column. Known separators are "
    f"{', '.join(SEPARATORS.values())}; other files are not CSV."
)

_SAMPLE = 2**16
_MAX_LINES = 4 * MAX_ROWS
_NEWLINE, _QUOTE, _SPACE = b'\n" '
_BLANK = np.isin(np.arange(256), list(b'\n" \t\v\f'))
_SEPARATOR_LINE = re.compile(rb'\A\s*"?sep=([^\w".+\-\s]|[ \t])"?[ \t]*\n', re.IGNORECASE)


class Rows(NamedTuple):
    """The rows of a text: where each starts and ends, its number of fields, whether it is blank."""

    data: bytes
    separator: str
    quoted: bool
    """Whether quotation marks enclose fields."""
    starts: np.ndarray
    ends: np.ndarray
    widths: np.ndarray
    blank: np.ndarray

    def only(self, kept: np.ndarray) -> "Rows":
        """Returns some of the rows.

        Args:
          kept: `[number of rows]`, bool.
        """
        return Rows(*self[:3], *(array[kept] for array in self[3:]))

    def are_comments(self) -> np.ndarray:
        """Returns which rows start with #."""
        return np.frombuffer(self.data + b" ", np.uint8)[self.starts] == ord("#")

    def fields(self, row: int) -> list[str]:
        """Returns the fields of a row; empty ones if they are too long to look at."""
        start, end = int(self.starts[row]), int(self.ends[row])
        if end - start > LONGEST_ROW:
            return [""] * min(int(self.widths[row]), MAX_FIELDS)
        line = self.data[start:end].decode(errors="ignore")
        if not self.quoted:
            return line.split(self.separator)
        try:
            return next(csv.reader([line], delimiter=self.separator), [])
        except csv.Error:
            return line.split(self.separator)

    def without_surplus(self, width: int) -> "Rows | int":
        """Returns the rows without surplus fields, or a row's place if its surplus has a value.

        Args:
          width: how many fields a row should have; none has fewer.
        """
        array = np.frombuffer(self.data, np.uint8)
        ends, surplus = self.ends.copy(), self.widths - width
        for _ in range(2 * MAX_FIELDS):
            long = np.flatnonzero(surplus > 0)
            if not len(long):
                return self._replace(ends=ends)
            end = ends[long]
            is_separator = array[end - 1] == ord(self.separator)
            is_quoted = (array[end - 1] == _QUOTE) & (array[end - 2] == _QUOTE)
            is_quoted &= array[end - 3] == ord(self.separator)
            is_empty = is_separator | is_quoted | (array[end - 1] == _SPACE)
            if not is_empty.all():
                return int(long[np.argmin(is_empty)])
            surplus[long] -= is_separator
            ends[long] -= np.where(is_quoted, 2, 1)
        return int(long[0])

    def joined(self) -> bytes:
        """Returns the text of the rows alone, a line each."""
        starts, ends = self.starts, self.ends
        if (starts[1:] == ends[:-1] + 1).all():
            return self.data[starts[0] : ends[-1]] + b"\n"
        change = np.zeros(len(self.data) + 2, np.int8)
        np.add.at(change, starts, 1)
        np.add.at(change, ends + 1, -1)
        array = np.frombuffer(self.data + b"\n", np.uint8).copy()
        array[ends] = _NEWLINE
        return array[np.add.accumulate(change, dtype=np.int8)[: len(array)] > 0].tobytes()


class Found(NamedTuple):
    """The rows of a text, and what was found about it."""

    rows: Rows
    width: int
    """The number of fields of most rows."""
    num_lines_before: int
    """Lines before the data of `rows`."""


def find_rows(data: bytes, separator: str | None = None) -> Found:
    """Returns the rows of a text.

    Args:
      data: UTF-8 with "\\n" line ends.
      separator: None to find out.

    Raises:
      ValueError: if there is only one column, there are too many columns or far too many rows, or
        a quotation mark is in a wrong place.
    """
    named = _SEPARATOR_LINE.match(data)
    if named:
        data = data[named.end() :]
        separator = separator or named[1].decode()
    separator, width = _guess(data, separator)
    return Found(_rows(data, separator), width, 1 if named else 0)


def _guess(data: bytes, separator: str | None) -> tuple[str, int]:
    """Returns the separator that gives most rows the same number of fields, and numbers in them."""
    sample = data[:_SAMPLE]
    if len(data) > _SAMPLE:
        array = np.frombuffer(sample, np.uint8)
        ends = np.flatnonzero((array == _NEWLINE) & ~_inside(array))
        sample = sample[: ends[-1] + 1] if len(ends) else sample
    present = sample.replace(b"\t", b"\t ")  # A tab may separate like a space.
    marks = [separator] if separator else [mark for mark in SEPARATORS if mark.encode() in present]
    scores = {mark: score for mark in marks if (score := _score(sample, mark))}
    if not scores:
        raise ValueError(ONE_COLUMN)
    best = max(scores, key=lambda mark: scores[mark][0])
    width = scores[best][1]
    if width > MAX_FIELDS:
        raise ValueError(
            f"The file may have at most {MAX_FIELDS} columns; a line has {width:,} fields."
        )
    return best, width


def _score(sample: bytes, separator: str) -> tuple[float, int] | None:
    """Returns how well a separator suits, and the width of most rows; None if it does not."""
    rows = _rows(sample, separator, is_sample=True)
    rows = rows.only(~rows.blank & ~rows.are_comments())
    counts = Counter(width for width in rows.widths.tolist() if width > 1)
    if not counts:
        return None
    width = max(counts, key=lambda width: (counts[width], width))
    typical = np.flatnonzero(rows.widths == width)[:50]
    fields = [field for row in typical for field in rows.fields(row)]
    clean = sum(map(is_value, fields)) / max(1, len(fields))
    share = counts[width] / len(rows.widths)
    if separator == " ":
        # Text has spaces too: only rows of equal length with numbers in them are columns.
        return (0.9 * share * clean, width) if share >= 0.5 and clean > 0.3 else None
    return share * (1 + clean) / 2, width


def _rows(data: bytes, separator: str, is_sample: bool = False) -> Rows:
    """Returns the rows of a text; of a sample, quotation marks may be in wrong places.

    Raises:
      ValueError: if there are far too many rows, or a quotation mark is in a wrong place.
    """
    if separator == " ":
        data = _trimmed(data.replace(b"\t", b" "), "\n")
    try:
        data, quoted = _with_sound_quotes(data, separator)
    except ValueError:
        if not is_sample:
            raise
        quoted = False
    array = np.frombuffer(data, np.uint8)
    newlines, separators = array == _NEWLINE, array == ord(separator)
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
    blank = _BLANK | (np.arange(256) == ord(separator))
    filled = np.add.reduceat(~blank[array], starts, dtype=np.int32) > 0
    return Rows(data, separator, quoted, starts, ends, widths, ~filled)


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


def _trimmed(data: bytes, separator: str) -> bytes:
    """Returns a text without spaces around fields, and with one instead of several within them.

    What quotation marks enclose stays.
    """
    edge = np.isin(np.arange(256), [_NEWLINE, ord(separator)])
    array = np.frombuffer(data, np.uint8)
    space = (array == _SPACE) & ~_inside(array)
    array = array[~(space & np.concatenate([[True], (space | edge[array])[:-1]]))]
    space = (array == _SPACE) & ~_inside(array)
    return array[~(space & np.concatenate([edge[array[1:]], [True]]))].tobytes()
