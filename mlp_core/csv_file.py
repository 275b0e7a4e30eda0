"""A reader's CSV file as a table to train on, or what is wrong with it and what to do."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
import pandas as pd

from mlp_core import numerals
from mlp_core.table import COLUMNS, LARGEST, ROWS, Table

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE = 10_000


class CsvFile(NamedTuple):
    """What a file holds that can be trained on."""

    frame: pd.DataFrame
    """The columns of numbers, float64, NaN where there is none."""
    left_out: dict[str, str]
    """Every other column, and why it cannot be used."""


def read(content: bytes) -> CsvFile:
    """Reads a file whose first line names the columns.

    The separator is the one that the first line has most of. A column is one of numbers if at least
    half of its rows hold one (see `numerals`); anything else in it counts as missing, like
    infinity.

    Raises:
      ValueError: if it is no such file, has too many rows or columns, or fewer than two columns of
        numbers that vary. The message says what to do.
    """
    text = _text(content)
    separator, names = _header(text)
    commas = numerals.has_decimal_commas(_sample(text, separator), if_unclear=separator != ",")
    frame = _parsed(text, separator, names, "," if commas else ".")
    columns = {name: _numbers(frame[name], commas) for name in names}
    left_out = {name: why for name in names if (why := _unusable(columns[name]))}
    kept = {name: column for name, column in columns.items() if name not in left_out}
    if len(kept) < 2:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(left_out.items())[:5])
        raise ValueError(
            "The file needs at least two columns of numbers that vary, one of them the target; "
            f"it has {len(kept)}. Left out are {reasons}."
        )
    return CsvFile(pd.DataFrame(kept), left_out)


def rows_with_gaps(file: CsvFile, columns: Sequence[str]) -> int:
    """Returns in how many rows one of the columns has no number."""
    return int(file.frame[list(columns)].isna().any(axis=1).sum())


def table(file: CsvFile, target: str, features: Sequence[str]) -> Table:
    """Returns the rows in which the chosen columns all have numbers.

    Raises:
      ValueError: if nothing is chosen, too few rows are left, or the target is the same in all.
    """
    if not features or target in features:
        raise ValueError("Choose at least one column to predict from, other than the target.")
    rows = file.frame[[*features, target]].dropna()
    if len(rows) < ROWS.low:
        remedy = " Choose columns with fewer gaps." if len(rows) < len(file.frame) else ""
        raise ValueError(
            f"At least {ROWS.low} rows with a number in every chosen column are needed; "
            f"there are {len(rows)}.{remedy}"
        )
    if _is_constant(rows[target]):
        raise ValueError("The target is the same in every row: there is nothing to learn.")
    numbers = rows.to_numpy(np.float64)
    return Table(tuple(features), target, numbers[:, :-1], numbers[:, -1])


def _text(content: bytes) -> str:
    if not content.strip():
        raise ValueError("The file is empty.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"The file is not UTF-8 text (see byte {error.start:,}). In a spreadsheet, save it as "
            "“CSV UTF-8”."
        ) from None
    if "\0" in text:
        raise ValueError("The file holds NUL characters, so it is not CSV.")
    # A spreadsheet may name the separator in a line of its own.
    return re.sub(r'\A"?sep=.?"?\s*[\r\n]+', "", text.lstrip(" \r\n"), flags=re.IGNORECASE)


def _header(text: str) -> tuple[str, list[str]]:
    """Returns the separator and the names of the columns."""
    line, end, _ = text[:_SAMPLE].replace("\r", "\n").partition("\n")
    separator = max(SEPARATORS, key=line.count)
    if separator not in line:
        known = ", ".join(SEPARATORS.values())
        raise ValueError(
            f"The first line has only one column. Known separators are {known}; other files are "
            "not CSV."
        )
    try:
        names = [name.strip() for name in next(csv.reader([line], delimiter=separator))]
    except csv.Error as error:
        raise ValueError(f"The first line cannot be read: {error}.") from None
    endless = not end and len(text) > _SAMPLE
    if endless or len(names) > COLUMNS.high:
        raise ValueError(
            f"The file may have at most {COLUMNS.high} columns and a short first line."
        )
    if all(map(_is_number, names)) or any(map(_is_measured, names)):
        raise ValueError(
            "The first line must name the columns; this one holds numbers. Add a line of names "
            "above it."
        )
    names = [name or f"column {place}" for place, name in enumerate(names, 1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"Column names must differ; found more than once: {', '.join(twice)}.")
    return separator, names


def _sample(text: str, separator: str) -> list[str]:
    """Returns the cells at the beginning of the rows, the last line left out: it may be cut off."""
    lines = re.split(r"[\r\n]+", text[:_SAMPLE])[1:-1]
    try:
        return [cell for row in csv.reader(lines, delimiter=separator) for cell in row]
    except csv.Error:  # pandas says what is wrong
        return []


def _parsed(text: str, separator: str, names: list[str], decimal: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            BytesIO(text.encode()),
            sep=separator,
            decimal=decimal,
            header=0,
            names=names,
            nrows=ROWS.high + 1,
            skipinitialspace=True,
            low_memory=False,
        )
    except (ValueError, OverflowError) as error:
        why = str(error).removeprefix("Error tokenizing data. C error: ").strip(" .\n")
        raise ValueError(f"The file cannot be read as CSV: {why}.") from None
    if not isinstance(frame.index, pd.RangeIndex):  # pandas took what is too much for row names
        raise ValueError(f"Some rows have more columns than the {len(names)} that are named.")
    if len(frame) > ROWS.high:
        raise ValueError(f"The file may have at most {ROWS.high:,} rows; it has more.")
    if frame.empty:
        raise ValueError("The file has a first line but no rows.")
    return frame


def _numbers(column: pd.Series, decimal_commas: bool) -> pd.Series:
    """Returns a column as float64, NaN where it holds anything but a finite number.

    Args:
      decimal_commas: whether the file has them, where the column itself does not tell.
    """
    if not pd.api.types.is_numeric_dtype(column):
        cells = column.unique()
        texts = [cell for cell in cells if isinstance(cell, str)]
        commas = numerals.has_decimal_commas(texts, decimal_commas)
        column = column.map(
            {
                cell: numerals.plain(cell, commas) if isinstance(cell, str) else cell
                for cell in cells
            }
        )
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    return numbers.where(numbers.abs() <= LARGEST)


def _unusable(numbers: pd.Series) -> str | None:
    """Returns why a column cannot be used, None if it can."""
    if numbers.notna().sum() * 2 < len(numbers):
        return "no numbers in most rows"
    return "the same in all rows" if _is_constant(numbers.dropna()) else None


def _is_constant(numbers: pd.Series) -> bool:
    spread = float(numbers.max() - numbers.min())
    return not spread > 1e-9 * float(numbers.abs().max())


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _is_measured(text: str) -> bool:
    """Returns whether a name is a number with decimals: 1990 may name a column, 88.6 does not."""
    return re.fullmatch(r"[+-]?\d+[.,]\d+", text) is not None
