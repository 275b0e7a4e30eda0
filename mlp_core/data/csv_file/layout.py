"""Separates the rows of a file into titles, comments, the header, data, and footers."""

from typing import NamedTuple

import pyarrow as pa
from pyarrow import csv as arrow_csv

from mlp_core.data.csv_file import header
from mlp_core.data.csv_file.rows import MAX_FIELDS, MAX_ROWS, ONE_COLUMN, SEPARATORS, Row, find_rows

_SAMPLE_ROWS = 200
_NAMED_LINES = 10
_MOST_COMMENTS = 0.25
"""If a larger share of the rows starts with #, those of them that have all fields are data."""
_LONGEST_NAMES = 20_000
_SUMMARIES = frozenset(
    (
        *("total", "totals", "grand total", "subtotal", "sum", "average", "avg", "mean", "median"),
        *("std", "stdev", "min", "max", "count", "summe", "gesamt", "mittelwert", "moyenne"),
    )
)
"""The names, in lower case, of rows at the end that summarize the other rows."""


class Layout(NamedTuple):
    """The cells of a text, in rows that all have as many fields as there are names."""

    names: tuple[str, ...]
    """The names as written in the file; empty for a column without a name."""
    cells: list[pa.Array]
    """The text of each column."""
    has_header: bool
    separator: str
    skipped: tuple[int, ...]
    """The numbers of the first lines with text that are neither the header nor data."""
    num_skipped: int
    """The number of all these lines."""


def laid_out(data: bytes, separator: str | None = None) -> Layout:
    """Returns the cells of a text.

    Args:
      data: UTF-8 with "\\n" line ends.
      separator: None to detect it.

    Raises:
      ValueError: if there is no table, there are too many rows, or a row does not have as many
        fields as the header. The message names a line where possible.
    """
    rows, width = find_rows(data, separator)
    header_row, first = _header(rows[:_SAMPLE_ROWS], width)
    names = [""] * _filled_width(rows, width) if header_row is None else _names(header_row, width)
    body = _data(rows[first:], len(names), header_row)
    if len(body) > MAX_ROWS:
        raise ValueError(f"The file may have at most {MAX_ROWS:,} rows; it has more.")
    if not body:
        raise ValueError("The file has a first line but no rows.")
    widest = max(row.width for row in body)
    while len(names) > widest and not names[-1]:
        names.pop()
    for place, row in enumerate(body):
        if row.width != len(names):
            cells = row.cells
            if len(cells) < len(names) or "".join(cells[len(names) :]).strip():
                raise ValueError(_wrong_width(row, place, len(names), header_row is not None))
            body[place] = row.with_cells(cells[: len(names)])
    used = {row.line for row in body} | {header_row.line if header_row else 0}
    skipped = [row.line for row in rows if row.line not in used]
    return Layout(
        tuple(names),
        _cells(body, len(names)),
        header_row is not None,
        rows[0].separator,
        tuple(skipped[:_NAMED_LINES]),
        len(skipped),
    )


def _cells(rows: list[Row], width: int) -> list[pa.Array]:
    """Returns the text of each column."""
    places = [str(place) for place in range(width)]
    body = "".join(row.text for row in rows).encode()
    table = arrow_csv.read_csv(
        pa.py_buffer(body),
        # The whole text is one block, because Arrow requires that a row fit into one block.
        arrow_csv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=places),
        arrow_csv.ParseOptions(delimiter=rows[0].separator, newlines_in_values=b'"' in body),
        arrow_csv.ConvertOptions(column_types=dict.fromkeys(places, pa.string())),
    )
    return [column.combine_chunks() for column in table.columns]


def _header(top: list[Row], width: int) -> tuple[Row | None, int]:
    """Returns the header, None if there is none, and the index of the first row of data."""
    places = [place for place, row in enumerate(top) if not row.is_comment]
    wide = [place for place in places if top[place].width == width]
    while len(wide) > 1 and header.is_padded_title(top[wide[0]].cells, top[wide[1]].cells):
        wide = wide[1:]
    if not wide:
        raise ValueError(ONE_COLUMN)
    wide = wide[header.num_titles([top[place].cells for place in wide[:30]]) :]
    _refuse_second_header([top[place] for place in wide[:21]])
    first, below = wide[0], [top[place].cells for place in wide[1:21]]
    before = [top[place] for place in places if place < first and top[place].width > 1]
    if before and before[-1].width == _filled_width(top, width) < width:
        return before[-1], first
    if header.names_columns(top[first].cells, below):
        return top[first], first + 1
    comments = [
        row for row in top[:first] if row.is_comment and len(_comment_names(row, width)) == width
    ]
    if comments:
        return comments[-1], first
    if header.may_name_columns(top[first].cells, below):
        return top[first], first + 1
    return (before[-1] if before else None), first


def _refuse_second_header(wide: list[Row]) -> None:
    """Raises an error if two lines of text above the numbers could be the header.

    Examples are a line of names and a line of units, or a title and a line of names.
    """
    cells = [row.cells for row in wide]
    both_text = len(cells) > 2 and header.is_text(cells[0]) and header.is_text(cells[1])
    if both_text and header.has_text_above_values(cells[1], cells[2:]):
        raise ValueError(
            f"Lines {wide[0].line:,} and {wide[1].line:,} could both name the columns. Remove one "
            "of them."
        )


def _names(row: Row, width: int) -> list[str]:
    if len(row.text) > _LONGEST_NAMES:
        raise ValueError(
            f"The names of the columns may have at most {_LONGEST_NAMES:,} characters; they have "
            "more."
        )
    names = _comment_names(row, width) if row.is_comment else row.cells
    if any(names[MAX_FIELDS:]):
        raise ValueError(f"The file may have at most {MAX_FIELDS} columns; it has more.")
    return [" ".join(name.split()) for name in names]


def _comment_names(row: Row, width: int) -> list[str]:
    """Returns the names in a line that starts with #; the # itself may be one of the names."""
    first, *others = row.cells
    bare = first.lstrip("# ")
    return others if not bare and len(others) == width else [bare or "#", *others]


def _filled_width(rows: list[Row], width: int) -> int:
    """Returns the number of columns in the first rows, without the last ones if always empty."""
    cells = [row.cells for row in rows[:_SAMPLE_ROWS] if row.width == width]
    filled = [place + 1 for fields in cells for place, cell in enumerate(fields) if cell.strip()]
    return max(filled, default=width)


def _data(rows: list[Row], width: int, header_row: Row | None) -> list[Row]:
    """Returns the rows without comments, repeated headers, and summaries or notes at the end."""
    comments = sum(row.is_comment for row in rows)
    if comments > _MOST_COMMENTS * len(rows):
        rows = [row for row in rows if not row.is_comment or row.width == width]
    else:
        rows = [row for row in rows if not row.is_comment]
    if header_row:
        rows = [row for row in rows if row.text != header_row.text]
    while rows and rows[-1].width == 1:
        rows.pop()
    # If the first row is a summary, too, then a column of mean, min, max, mean, ... is data.
    while len(rows) > 1 and _is_summary(rows[-1]) and not _is_summary(rows[0]):
        rows.pop()
    return rows


def _is_summary(row: Row) -> bool:
    """Returns whether the first nonempty cell names a summary of the other rows."""
    first = next(filter(None, (cell.strip(" :") for cell in row.cells)), "")
    return first.lower() in _SUMMARIES


def _wrong_width(row: Row, place: int, width: int, is_named: bool) -> str:
    named = f"the header names {width}" if is_named else f"others have {width}"
    if row.separator == " ":
        remedy = "Write NA for an empty value, and enclose a value with spaces in quotes."
    elif row.width > width:
        remedy = "Enclose a value that contains the separator in quotes, or name every column."
    else:
        remedy = "Keep the separator of an empty value, or remove the line."
    return (
        f"Line {row.line:,} (row {place + 1:,} of the data) has {row.width:,} fields separated by "
        f"{SEPARATORS.get(row.separator, row.separator)}, but {named}. {remedy}"
    )
