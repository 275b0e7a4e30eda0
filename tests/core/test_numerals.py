"""Numbers as people and spreadsheets write them."""

import pytest

from mlp_core.numerals import has_decimal_commas, plain


@pytest.mark.parametrize(
    ("cell", "decimal_commas", "expected"),
    [
        ("$237,000", False, 237000),
        ("-1,234.50", False, -1234.5),
        ("12.5 %", False, 12.5),
        (" 7 ", False, 7),
        (".5", False, 0.5),
        ("1.234,50", True, 1234.5),
        ("1.234", True, 1234),
        ("1 234,5 €", True, 1234.5),
        ("1\u202f234\u202f567", False, 1234567),
        ("1'234.5", False, 1234.5),
    ],
)
def test_reads_a_number(cell, decimal_commas, expected):
    assert float(plain(cell, decimal_commas)) == expected


@pytest.mark.parametrize(
    "cell",
    ["", "-", "31.12.2020", "1,23,4", "12 34", "4 rooms", "1.5e3", "inf", "10:30", "2020-01-01"],
)
@pytest.mark.parametrize("decimal_commas", [False, True])
def test_leaves_anything_else_as_it_is(cell, decimal_commas):
    assert plain(cell, decimal_commas) == cell


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,5", "31.12.2020", "2"], True),
        (["1.234,5"], True),
        (["1.5", "x,y"], False),
        (["1,234.5", "1,234"], False),
        (["1,234", "5"], None),
        ([], None),
    ],
)
def test_tells_the_decimal_mark_where_a_cell_does(cells, expected):
    for if_unclear in (True, False):
        found = has_decimal_commas(cells, if_unclear)
        assert found == (if_unclear if expected is None else expected)
