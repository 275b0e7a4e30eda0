"""Detects titles and the header among the first rows of a file from the content of their cells."""

from collections.abc import Sequence
from itertools import pairwise

from mlp_core.data.csv_file.columns import MISSING
from mlp_core.data.csv_file.dates import is_date
from mlp_core.data.csv_file.numerals import is_number

_MOST_TITLES = 10
_HEADER_YEARS = range(1800, 2101)


def is_missing(cell: str) -> bool:
    """Returns whether a cell is a missing value."""
    return cell.strip().lower() in MISSING


def is_value(cell: str) -> bool:
    """Returns whether a cell is a number, a date, or a missing value.

    Text is no evidence of a correct separator, because a wrong one gives cells of text, too.
    """
    return is_missing(cell) or is_number(cell.strip()) or is_date(cell.strip())


def is_padded_title(row: Sequence[str], after: Sequence[str]) -> bool:
    """Returns whether a row is a title: text in its first cell, followed by empty cells.

    Spreadsheets add the empty cells. The row after a title must have more than one nonempty cell.
    """
    first, *others = row
    is_alone = bool(first.strip()) and not any(cell.strip() for cell in others)
    return is_alone and not is_value(first) and sum(map(bool, after)) > 1


def names_columns(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Returns whether a row is a header: it is text only, or has text above numbers or dates."""
    return is_text(row) or has_text_above_values(row, below)


def is_text(row: Sequence[str]) -> bool:
    """Returns whether a row has text, but no number and no date."""
    return any(row) and not any(map(is_value, filter(None, row)))


def has_text_above_values(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Returns whether a row has text above at least one column of numbers or dates."""
    columns = zip(row, *below, strict=False)
    return any(not is_value(cell) and _holds_values(others) for cell, *others in columns)


def num_titles(rows: Sequence[Sequence[str]]) -> int:
    """Returns how many of the first rows are titles with as many cells as the header below them.

    An example is `Report, 2020` above `x,y`. Each of these rows has text above numbers, at least
    one of the titles contains a number, and the header is text only.
    """
    for place in range(min(_MOST_TITLES, len(rows) - 1), 0, -1):
        top, below = rows[: place + 1], rows[place + 1 :]
        names_follow = is_text(top[-1]) and not all(map(is_text, top))
        if names_follow and all(has_text_above_values(row, below) for row in top):
            return place
    return 0


def may_name_columns(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Returns whether a row has years or evenly spaced numbers, and the row below does not."""
    places = [place for place, cell in enumerate(row) if is_number(cell.strip())]
    after = [below[0][place] for place in places] if below else []
    return _is_count([row[place] for place in places]) and not _is_count(after)


def _holds_values(column: Sequence[str]) -> bool:
    filled = [cell for cell in column if not is_missing(cell)]
    return bool(filled) and sum(map(is_value, filled)) * 2 > len(filled)


def _is_count(cells: Sequence[str]) -> bool:
    """Returns whether cells are different years or evenly spaced numbers, as in some headers."""
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return False
    if len(numbers) > 1 and all(number in _HEADER_YEARS for number in numbers):
        return len(set(numbers)) == len(numbers)
    steps = {round(after - before, 9) for before, after in pairwise(numbers)}
    return len(numbers) > 2 and len(steps) == 1 and 0 not in steps
