"""A reader's CSV file: read, or refused in words."""

import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mlp_core import csv_file
from mlp_core.table import LARGEST, Table


def written(columns: dict[str, list[object]], separator: str = ",") -> bytes:
    """Returns a CSV file with these columns."""
    rows = zip(*columns.values(), strict=True)
    lines = [separator.join(map(str, row)) for row in (columns, *rows)]
    return "\n".join(lines).encode()


COUNT = list(range(30))
SQUARES = [place**2 for place in COUNT]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_reads_columns_of_numbers(separator):
    file = csv_file.read(written({"a": COUNT, "b": SQUARES}, separator))

    table = csv_file.table(file, "b", ["a"])

    assert (table.features, table.target) == (("a",), "b")
    np.testing.assert_array_equal(table.x[:, 0], COUNT)
    np.testing.assert_array_equal(table.y, SQUARES)


def test_reads_decimal_commas_where_the_separator_is_another():
    file = csv_file.read(written({"a": [f"{n},5" for n in COUNT], "b": COUNT}, ";"))

    np.testing.assert_array_equal(file.frame["a"], np.array(COUNT) + 0.5)


def test_dates_with_dots_and_odd_words_do_not_hide_decimal_commas():
    content = written(
        {
            "day": ["31.12.2020"] * 30,
            "a": ["unknown", *(f"{n},5" for n in COUNT[1:])],
            "price": [f"{n + 1}.250,00 €" for n in COUNT],
        },
        ";",
    )

    file = csv_file.read(content)

    assert list(file.left_out) == ["day"]
    np.testing.assert_array_equal(file.frame["a"][1:], np.array(COUNT[1:]) + 0.5)
    np.testing.assert_array_equal(file.frame["price"], 1000 * (np.array(COUNT) + 1) + 250)


def test_reads_past_a_first_line_that_names_the_separator():
    file = csv_file.read(b"sep=;\r\n" + written({"a": COUNT, "b": SQUARES}, ";"))

    assert list(file.frame) == ["a", "b"]


def test_years_may_name_columns():
    file = csv_file.read(written({"land": ["x"] * 30, "1990": COUNT, "1991": SQUARES}))

    assert list(file.frame) == ["1990", "1991"]


def test_leaves_out_columns_of_text_and_constant_ones_and_says_why():
    content = written({"name": ["Ann"] * 30, "same": [7] * 30, "a": COUNT, "b": SQUARES})

    file = csv_file.read(content)

    assert list(file.frame) == ["a", "b"]
    assert file.left_out == {"name": "no numbers in most rows", "same": "the same in all rows"}


@pytest.mark.parametrize("gap", ["", "?", "n/a", "inf", "-inf", "1e400", "nan"])
def test_counts_what_is_no_finite_number_as_a_gap_and_drops_its_row(gap):
    values = [gap if place % 3 == 0 else place for place in COUNT]
    file = csv_file.read(written({"a": values, "b": COUNT, "c": SQUARES}))

    table = csv_file.table(file, "c", ["a", "b"])

    assert csv_file.rows_with_gaps(file, ["a", "b", "c"]) == 10
    assert csv_file.rows_with_gaps(file, ["b", "c"]) == 0
    assert len(table.x) == 20


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b" \n\n", "The file is empty"),
        ("a,b\n1,2".encode("utf-16"), "not UTF-8 text"),
        ("größe,b\n1,2".encode("latin-1"), "not UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n", "not UTF-8 text"),
        (b"a,b\n1,\x00\n", "NUL characters"),
        (b"just some words\nand more", "only one column"),
        (b"<html><body>a, b</body></html>", "no rows"),
        (b"1,2\n3,4", "must name the columns"),
        (b"88.6,2,Bonn\n90.1,3,Trier", "must name the columns"),
        (b"a,a,b\n1,2,3", "found more than once: a"),
        (b"a,b\n" + b"1,2,3\n" * 30, "more columns than the 2 that are named"),
        (b"a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
        (b'a,b\n"1,2\n3,4', "EOF inside string"),
        (written({"a": ["x"] * 30, "b": ["y"] * 30}), "a: no numbers in most rows"),
        (written({"a": [1] * 30, "b": COUNT}), "a: the same in all rows"),
        (written({f"c{n}": COUNT for n in range(101)}), "at most 100 columns"),
        (b"," * 1_000_000, "at most 100 columns"),
        (b"a,b\n" + b"1,2\n" * 200_001, "at most 200,000 rows"),
    ],
)
def test_says_what_is_wrong_with_a_file(content, message):
    with pytest.raises(ValueError, match=message):
        csv_file.read(content)


def test_says_that_too_few_rows_have_numbers():
    values = ["" if place < 15 else place for place in COUNT]
    file = csv_file.read(written({"a": values, "b": COUNT}))

    with pytest.raises(ValueError, match=r"At least 20 rows .*; there are 15"):
        csv_file.table(file, "b", ["a"])


def test_blames_no_gaps_where_there_are_none():
    file = csv_file.read(written({"a": COUNT[:12], "b": SQUARES[:12]}))

    with pytest.raises(ValueError, match=r"there are 12\.$"):
        csv_file.table(file, "b", ["a"])


def test_says_that_the_target_is_constant_in_the_rows_that_are_left():
    gaps = ["" if place < 5 else place for place in COUNT]
    target = [place if place < 5 else 1 for place in COUNT]
    file = csv_file.read(written({"a": gaps, "b": target}))

    with pytest.raises(ValueError, match="target is the same in every row"):
        csv_file.table(file, "b", ["a"])


@pytest.mark.parametrize("features", [[], ["b"], ["a", "b"]])
def test_asks_for_columns_other_than_the_target(features):
    file = csv_file.read(written({"a": COUNT, "b": SQUARES}))

    with pytest.raises(ValueError, match="Choose at least one column"):
        csv_file.table(file, "b", features)


def _cells() -> st.SearchStrategy[str]:
    numbers = st.one_of(st.integers(), st.floats(), st.sampled_from(["1e999", "-0", "1_000", "٣"]))
    hostile = st.sampled_from(
        ['"', '""', "=1+1", "=cmd|' /C calc'!A0", "\0", "\r", "\n", "**b**", "<script>", ",", ";"]
    )
    return st.one_of(numbers.map(str), hostile, st.text(max_size=8))


def _joined(rows: list[list[str]], separator: str, quoting: int, end: str) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(
        buffer, delimiter=separator, quoting=quoting, escapechar="\\", lineterminator=end
    )
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8", "surrogatepass")


def _files() -> st.SearchStrategy[bytes]:
    """Returns well-formed files of odd cells, files of mostly numbers, and sheer bytes."""
    # csv.QUOTE_NONE, as csv.writer refuses some cells, is not among them.
    quoting = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    rows = st.lists(st.lists(_cells(), min_size=1, max_size=5), min_size=1, max_size=30)
    numbers = st.lists(
        st.lists(st.integers(-9, 9).map(str), min_size=3, max_size=3), min_size=22, max_size=30
    ).map(lambda rows: [["a", "b", "c"], *rows])
    sheets = st.one_of(rows, numbers)
    ends = st.sampled_from(["\n", "\r\n", "\r"])
    sane = st.builds(_joined, sheets, st.sampled_from(",;\t|"), quoting, ends)
    cut = st.builds(lambda content, at: content[:at], sane, st.integers(0, 400))
    return st.one_of(sane, cut, st.binary(max_size=200), st.text(max_size=200).map(str.encode))


def _outcome(content: bytes) -> Table | str:
    try:
        file = csv_file.read(content)
        *features, target = file.frame
        return csv_file.table(file, target, features)
    except ValueError as error:
        return str(error)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(_files())
@example(written({"a": COUNT, "b": SQUARES}))
def test_a_hostile_file_becomes_a_table_or_a_message(content):
    outcome = _outcome(content)

    if isinstance(outcome, str):
        assert outcome.endswith((".", "”."))
        assert len(outcome) < 2000
    else:
        assert (np.abs(outcome.x) <= LARGEST).all()
        assert np.ptp(outcome.y) > 0


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_first_column_without_a_name_gets_one(separator):
    """As pandas writes its row numbers."""
    lines = [["", "a", "y"], *([str(row), str(row % 5), str(3 * row)] for row in range(30))]

    file = csv_file.read("\n".join(map(separator.join, lines)).encode())

    assert list(file.frame) == ["column 1", "a", "y"]
