"""A reader's CSV file as a table to train on, or what is wrong with it and what to do."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
import pandas as pd

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
    half of what it holds are numbers; anything else in it counts as missing, like infinity.

    Raises:
      ValueError: if it is no such file, has too many rows or columns, or fewer than two columns of
        numbers that vary. The message says what to do.
    """
    text = _text(content)
    separator, names = _header(text)
    frame = _parsed(text, separator, names)
    columns = {name: _numbers(frame[name]) for name in names}
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
        raise ValueError(
            f"At least {ROWS.low} rows with a number in every chosen column are needed; "
            f"there are {len(rows)}. Choose fewer columns, or those with fewer gaps."
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
    return text.lstrip()


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
    if all(_is_number(name) for name in names):
        raise ValueError("The first line must name the columns; it holds only numbers.")
    names = [name or f"column {place}" for place, name in enumerate(names, 1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"Column names must differ; found more than once: {', '.join(twice)}.")
    return separator, names


def _parsed(text: str, separator: str, names: list[str]) -> pd.DataFrame:
    sample = text[:_SAMPLE]
    comma = separator != "," and re.search(r"\d,\d", sample) and not re.search(r"\d\.\d", sample)
    try:
        frame = pd.read_csv(
            BytesIO(text.encode()),
            sep=separator,
            decimal="," if comma else ".",
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


def _numbers(column: pd.Series) -> pd.Series:
    """Returns a column as float64, NaN where it holds anything but a finite number."""
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
