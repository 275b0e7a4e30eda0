"""Tables written in any common style are read back with the same values, or rejected."""

import csv
import io
from dataclasses import dataclass
from itertools import permutations, product
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlp_core import read_csv
from mlp_core.data.csv_file.read import CsvFile

NAMES = (
    "a",
    "größe",
    "Weight, kg",
    'the "size"',
    "two\nlines",
    "x; y",
    "price | net",
    "Nr_2",
    "t1",
)
GROUPS = {".": ("", ",", "'", " "), ",": ("", ".", "'", "\u00a0")}
WORDS = ("Report", "", "made by “us”", "see: here")


class Style(NamedTuple):
    """The style in which a table is written."""

    separator: str
    decimal: str
    minus: str
    group: str
    encoding: str
    line_end: str
    quoting: int
    titles: tuple[str, ...]
    comment: bool
    trailing: int
    spaces: int


@dataclass(frozen=True)
class Numbers:
    """A column of integers, the number of their digits that are decimals, and their notation."""

    digits: tuple[int, ...]
    decimals: int
    form: str

    def values(self) -> np.ndarray:
        return np.array(self.digits) / 10.0**self.decimals

    def cells(self, style: Style) -> list[str]:
        return [self._cell(value, style) for value in self.values()]

    def _cell(self, value: float, style: Style) -> str:
        if self.form == "exponent":
            text = f"{abs(value):.{self.decimals + 8}e}"
        else:
            text = f"{abs(value):,.{self.decimals}f}"
        text = text.replace(",", "G").replace(".", style.decimal).replace("G", style.group)
        if value >= 0:
            return text
        return f"({text})" if self.form == "accounting" else style.minus + text


# A file is a few draws from long lists, because a draw takes about as long as reading a column.
MARKS = st.sampled_from(
    [(*marks, group) for marks in product(",;\t| ", ".,", "-\u2013") for group in GROUPS[marks[1]]]
)
ENCODINGS = st.sampled_from(
    [
        *product(
            ("utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"),
            ("\n", "\r\n", "\r"),
            (csv.QUOTE_MINIMAL, csv.QUOTE_ALL),
        )
    ]
)
TITLES = [titles for count in range(3) for titles in product(WORDS, repeat=count)]
EXTRAS = st.sampled_from([*product(TITLES, (False, True), range(3), range(3))])
CHOSEN_NAMES = st.sampled_from([*permutations(NAMES, 2), *permutations(NAMES, 3)])
FORMS = st.sampled_from([*product(range(6), ("plain", "plain", "exponent", "accounting"))])


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, dict[str, Numbers]]:
    """Returns a file and its columns."""
    style = Style(*draw(MARKS), *draw(ENCODINGS), *draw(EXTRAS))
    names, rows = draw(CHOSEN_NAMES), draw(st.integers(4, 5))
    columns = {name: Numbers(drawn_digits(draw, rows), *draw(FORMS)) for name in names}
    return written(columns, style), columns


def drawn_digits(draw: st.DrawFn, rows: int) -> tuple[int, ...]:
    """Returns integers of up to seven digits."""
    values = np.frombuffer(draw(st.binary(min_size=8 * rows, max_size=8 * rows)), np.int32)
    numbers, lengths = values.reshape(2, rows)
    return tuple(np.fmod(numbers, 10 ** (lengths % 7 + 1)).tolist())


def written(columns: dict[str, Numbers], style: Style) -> bytes:
    """Returns the file."""
    file = io.StringIO()
    for title in style.titles:
        file.write(title + style.line_end)
    if style.comment:
        file.write("# comment" + style.line_end)
    writer = csv.writer(
        file, delimiter=style.separator, quoting=style.quoting, lineterminator=style.line_end
    )
    trailing = [""] * (style.trailing if style.separator != " " else 0)
    names = [name.replace("\n", style.line_end) for name in columns]
    rows = zip(*(column.cells(style) for column in columns.values()), strict=True)
    writer.writerows([names, *([*row, *trailing] for row in rows)])
    text = file.getvalue()
    if style.separator == " ":
        text = text.replace(" ", " " * (1 + style.spaces)) if '"' not in text else text
    return text.encode(style.encoding, "replace")


def is_told(file: CsvFile) -> bool:
    """Returns whether the page reports that the decimal mark of this file is a guess."""
    return any("nothing in the file decides" in note for note in file.notes)


@settings(
    max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
@given(tables())
def test_values_come_back_or_the_file_is_refused(table):
    content, columns = table
    try:
        file = read_csv(content)
    except ValueError:
        return

    assert file.num_rows == len(next(iter(columns.values())).digits)
    for name, column in columns.items():
        found = file.column(" ".join(name.split()))
        if found.kind in ("text", "two values", "few values") and not isinstance(found.low, float):
            continue  # rejected as numbers
        if is_told(file):
            continue
        np.testing.assert_allclose(found.values, column.values(), rtol=1e-12)
