"""Splits a text into rows: detects the separator, and returns each row's text and width.

The `csv` module finds the rows. Only their text is kept, because the cells of a large file, as
Python strings, take ten times as much memory. `csv.Sniffer` does not detect the separator if there
are lines above the header or rows of different lengths, so it is not used.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from mlp_core.data.csv_file.header import is_missing, is_value

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "spaces"}
MAX_ROWS = 100_000
MAX_FIELDS = 256

ONE_COLUMN = (
    "The lines have only one column. Known separators are "
    f"{', '.join(SEPARATORS.values())}; other files are not CSV."
)

_SAMPLE = 2**16
_MAX_LINES = 10 * MAX_ROWS
_MOST_SEPARATORS = 100_000
"""The maximum per line, because all fields of a line are in memory at the same time."""
_SEPARATOR_LINE = re.compile(rb'\A\s*"?sep=([^\w".+\-\s]|[ \t])"?[ \t]*\n', re.IGNORECASE)


class Row(NamedTuple):
    """A row that is not blank."""

    line: int
    """The number of the line on which the row starts, counted from 1."""
    width: int
    """The number of fields."""
    text: str
    """The text with a line end. Quotation marks enclose whole fields, and only where needed."""
    separator: str

    @property
    def cells(self) -> list[str]:
        """The fields."""
        return next(csv.reader([self.text], delimiter=self.separator), [])

    @property
    def is_comment(self) -> bool:
        """Whether the row starts with #, but not with an error value of a spreadsheet like #N/A."""
        return self.text.startswith("#") and not is_missing(self.cells[0])

    def with_cells(self, cells: list[str]) -> "Row":
        """Returns the row with these fields in place of its own."""
        return self._replace(width=len(cells), text=_written(cells, self.separator))


def find_rows(data: bytes, separator: str | None = None) -> tuple[list[Row], int]:
    """Returns the rows of a text, and the most frequent number of fields per row.

    Args:
      data: UTF-8 with "\\n" line ends.
      separator: None to detect it.

    Raises:
      ValueError: if there is only one column, there are too many columns or far too many rows, or
        a quotation mark is in a wrong place.
    """
    named = _SEPARATOR_LINE.match(data)
    if named:
        # Keeping the line ends of the removed line keeps the numbers of the lines below it.
        data = b"\n" * named[0].count(b"\n") + data[named.end() :]
        separator = separator or named[1].decode()
    separator, width = _guess(data, separator)
    if width > MAX_FIELDS:
        raise ValueError(
            f"The file may have at most {MAX_FIELDS} columns; a line has {width:,} fields."
        )
    return list(_rows(data, separator)), width


def _guess(data: bytes, separator: str | None) -> tuple[str, int]:
    """Returns the separator with the highest `_score`, and the most frequent number of fields."""
    sample = data[:_SAMPLE]
    if len(data) > _SAMPLE and b"\n" in sample:
        sample = sample[: sample.rindex(b"\n") + 1]
    scores = {}
    for mark in [separator] if separator else SEPARATORS:
        rows = list(_rows(sample, mark, is_sample=True))
        if score := _score([row for row in rows if not row.is_comment], mark):
            scores[mark] = score
    if not scores and separator:
        name = SEPARATORS.get(separator, separator)
        raise ValueError(
            f"With the separator {name}, the lines have only one column. Choose another separator, "
            "or have it detected."
        )
    if not scores:
        raise ValueError(ONE_COLUMN)
    best = max(scores, key=lambda mark: scores[mark][0])
    return best, scores[best][1]


def _score(rows: list[Row], separator: str) -> tuple[float, int] | None:
    """Returns the score of a separator, and the width of most rows; None if it does not fit.

    The score is high if many rows have the same number of fields and many fields are numbers.
    """
    counts = Counter(row.width for row in rows if row.width > 1)
    if not counts:
        return None
    width = max(counts, key=lambda width: (counts[width], width))
    typical = [row for row in rows if row.width == width][:50]
    clean = sum(is_value(cell) for row in typical for cell in row.cells) / (width * len(typical))
    share = counts[width] / len(rows)
    if separator == " ":
        # Plain text has spaces, too, so rows must have equal lengths and contain numbers.
        return (0.9 * share * clean, width) if share >= 0.5 and clean > 0.3 else None
    return share * (1 + clean) / 2, width


def _rows(data: bytes, separator: str, is_sample: bool = False) -> Iterator[Row]:
    """Yields the rows of a text.

    Raises:
      ValueError: if there are far too many rows, or a quotation mark is in a wrong place, which is
        allowed in a sample.
    """
    taken: list[str] = []
    lines = _lines(data, separator, taken)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=not is_sample)
    start = 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                text = "".join(taken)
                if '"' in text or separator == " ":
                    text = _written(cells, separator)
                yield Row(start, len(cells), text, separator)
            taken.clear()
            start = reader.line_num + 1
            if start > _MAX_LINES:
                raise ValueError(
                    f"The file may have at most {MAX_ROWS:,} rows in {_MAX_LINES:,} lines; it has "
                    "more."
                )
    except csv.Error as error:
        if "field limit" in str(error):
            raise ValueError(
                f"Line {start:,} starts a value of more than {csv.field_size_limit():,} "
                "characters. Shorten it, or remove the column."
            ) from None
        raise ValueError(
            f"Line {start:,} has a quotation mark that neither opens nor ends a value. Write it "
            "twice within a quoted value, or remove it."
        ) from None


def _lines(data: bytes, separator: str, taken: list[str]) -> Iterator[str]:
    """Yields the lines of a text, and appends each to `taken`.

    Raises:
      ValueError: if a line has far too many fields.
    """
    after_quote = re.compile(rf'" +(?=[\n{re.escape(separator)}])')
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8", errors="replace", newline="\n")
    for number, line in enumerate(text, 1):
        if separator == " ":
            line = line.replace("\t", " ").rstrip() + "\n"
        elif '"' in line:
            line = after_quote.sub('"', line)
        if (count := line.count(separator)) > _MOST_SEPARATORS:
            raise ValueError(
                f"Line {number:,} has {count + 1:,} fields separated by "
                f"{SEPARATORS.get(separator, separator)}; the file may have at most {MAX_FIELDS} "
                "columns. Remove the line, or choose another separator."
            )
        taken.append(line)
        yield line


class _Echo:
    """A file for `csv.writer` that stores nothing, so that `writerow` returns the text."""

    @staticmethod
    def write(text: str) -> str:
        """Returns the text, which `csv.writer` passes on."""
        return text


def _written(cells: list[str], separator: str) -> str:
    """Returns the text of a row with these cells."""
    text: str = csv.writer(_Echo, delimiter=separator, lineterminator="\n").writerow(cells)
    return text
