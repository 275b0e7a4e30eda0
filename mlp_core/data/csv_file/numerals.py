"""Parses numbers as people and spreadsheets write them: $1,234.50, 1.234,50, (37.50), 12%, 2.5k.

A mark followed by exactly three digits is ambiguous in one cell, but rarely in a whole file:
`Evidence` counts the cells that are numbers with only one of the two decimal marks. Arrow matches
patterns over whole columns, which takes 1/10 of the time of Python and releases the GIL. Because
Arrow compiles a pattern at each call, currencies are replaced by single characters first, which
keeps the patterns short.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_PLAIN_SIGNS = (
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-")
    | dict.fromkeys("\u00a0\u2007\u2009\u202f", " ")
    | dict.fromkeys("\u2019\u02bc", "'")
)
_TRANSLATION = str.maketrans(_PLAIN_SIGNS)
_POWERS = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12}
_LETTERS = "".join(_POWERS)
_CURRENCY = re.compile(
    rf"[\d.,'%+() -]*(?:[{_LETTERS}] ?)?"
    r"((?:US|CA?|AU?|NZ|HK|SG?|MX|NT|R)?[$¢-¥֏؋৲৳௹฿៛₠-⃏﷼﹩＄￠￡￥￦]"
    r"|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR"
    rf"|Rs\.?|Fr\.|kr\.?|zł)[\d.,'%+() -]*[{_LETTERS}]?"
)
_AROUND = " $¤%()+-" + _LETTERS
_FEW = 200
_OTHER = {".": ",", ",": "."}

_EXPONENT = r"(?:[eE][+-]?\d{1,3})"
# Here, $ stands for any currency sign and ¤ for any currency code. The T in TEUR means thousand, so
# only k and M may stand directly before a code.
_AFTER = rf"(?:(?: ?[{_LETTERS}])?(?: ?%)?(?: ?\$| ¤)?| ?[kKM]?¤)"
_LIKE = rf"(?:(?:\d[\d.,']*)?\d(?: \d{{3}})*(?:[.,]\d+)?|[.,]\d+){_EXPONENT}?"
_DECORATED = (
    rf"^(?:(?:[+-]? ?(?:[$¤] ?)?|[$¤] ?[+-] ?){_LIKE}[.,]?{_AFTER}"
    rf"|(?:[$¤] ?)?\( ?(?:[$¤] ?)?{_LIKE}[.,]?{_AFTER} ?\)"
    # Does not match 12.-, because that is a price without cents, not a negative number.
    rf"|(?:[$¤] ?)?{_LIKE}{_AFTER} ?-)$"
)
_ONE_NUMBER = re.compile(_DECORATED)
_NEGATIVE = r"^[$¤ ]*[-(]|-$"
_ZERO = r"^(?:[$¤] *-|- *[$¤])$"
# The dot in 1.234k and 1.234% is a decimal point; the comma in $1,234M and 1,234% is ambiguous.
_SCALED = rf"^[$¤(+ -]*[1-9]\d{{0,2}}\.\d{{3}} ?[{_LETTERS}%]"


class Evidence(NamedTuple):
    """Counts of cells in a column that show what its decimal mark is."""

    dot: int = 0
    """Cells in which only a dot can be the decimal mark, like 0.326, 1.5, and 1,234.5."""
    comma: int = 0
    """Cells in which only a comma can be the decimal mark."""
    ambiguous: str = ""
    """The marks that occur in cells like 1.234 or 1,234."""
    short: int = 0
    """Whole numbers with one to three digits, except 0."""
    ungrouped: int = 0
    """Whole numbers with four or more digits and no mark."""


class Numbers(NamedTuple):
    """The numbers of a column."""

    values: pa.Array
    """float64, null where a cell is not a number."""
    groups: str
    """The thousands marks that occur."""
    notes: tuple[str, ...]
    """The assumptions that were made to read the numbers."""
    problem: str = ""
    """Why the numbers must not be used together in one column; empty if they may."""


def is_number(text: str) -> bool:
    """Returns whether a text is a number, with either decimal mark."""
    text = text.translate(_TRANSLATION)
    currency = _CURRENCY.fullmatch(text)
    return _ONE_NUMBER.match(text.replace(currency[1], "$") if currency else text) is not None


def plain_numbers(cells: pa.Array) -> pa.Array | None:
    """Returns cells as float64 if all are written like Python numbers, else None.

    This is fast for numbers. Arrow is slow for cells that are not numbers, and does not stop at the
    first one, so a few cells are tried first.
    """
    if len(cells) > 2 * _FEW and plain_numbers(cells[:_FEW]) is None:
        return None
    try:
        return pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        return None


def with_plain_signs(cells: pa.Array) -> pa.Array:
    """Returns cells with ASCII characters for minus, space, and apostrophe."""
    if not pc.all(pc.string_is_ascii(cells), min_count=0).as_py():
        for sign, plain in _PLAIN_SIGNS.items():
            cells = pc.replace_substring(cells, sign, plain)
    return cells


def currencies(cells: pa.Array) -> tuple[str, ...]:
    """Returns the currencies in cells with plain signs, the longest first."""
    found = {match[1] for cell in cells.to_pylist() if (match := _CURRENCY.fullmatch(cell))}
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


def without_currencies(cells: pa.Array, names: Sequence[str]) -> pa.Array:
    """Returns cells with $ in place of each currency sign and ¤ in place of each currency code."""
    for name in names:
        sign = "¤" if name.strip(".").isalpha() else "$"
        cells = cells if name == sign else pc.replace_substring(cells, name, sign)
    return cells


def are_mostly_numbers(cells: pa.Array) -> bool:
    """Returns whether at least half of the cells are numbers, whatever their decimal mark."""
    return _total(_matches(cells, _DECORATED)) * 2 >= len(cells)


def evidence(cells: pa.Array, sample: pa.Array) -> Evidence:
    """Returns the evidence for a decimal mark in a sample, or in all cells if that has none."""
    found = _evidence(sample)
    return found if found.dot or found.comma else _evidence(cells)


def _evidence(cells: pa.Array) -> Evidence:
    if not any(_any(pc.match_substring(cells, mark)) for mark in ".,"):
        return Evidence()
    bare = pc.utf8_trim(cells, _AROUND)
    with_dot, with_comma = (_matches(bare, _NUMBER[mark]) for mark in ".,")
    either = bare.filter(pc.and_(with_dot, with_comma))
    return Evidence(
        _total(pc.and_not(with_dot, with_comma)) + _total(_matches(cells, _SCALED)),
        _total(pc.and_not(with_comma, with_dot)),
        "".join(mark for mark in ".," if _any(pc.match_substring(either, mark))),
        _total(_matches(either, r"^[1-9]\d{0,2}$")),
        _total(_matches(either, r"^\d{4,}$")),
    )


def decimal_marks(columns: Sequence[Evidence | None]) -> list[str | None]:
    """Returns the decimal mark of each column.

    The mark follows from the evidence in the column, else from that in other columns. Without any
    evidence, it is a dot.

    Args:
      columns: None for a column that is not numeric.

    Returns:
      None for a column with ambiguous cells like 1.234 if nothing in the file decides its mark.
    """
    own = [column and _own_mark(column) for column in columns]
    if not any(own):
        own = [column and _mark_by_groups(column) for column in columns]
    known = {mark for mark in own if mark}
    of_file = known.pop() if len(known) == 1 else None
    return [
        mark or of_file or (None if column and column.ambiguous else ".")
        for mark, column in zip(own, columns, strict=True)
    ]


def numbers(cells: pa.Array, decimal: str, names: Sequence[str]) -> Numbers:
    """Returns the numbers in cells.

    Args:
      cells: the result of `without_currencies`.
      decimal: the decimal mark.
      names: the currencies that occurred in the cells.
    """
    bare = pc.utf8_trim(cells, _AROUND)
    is_number = pc.and_(_matches(cells, _DECORATED), _matches(bare, _NUMBER[decimal]))
    bare, decorated = pc.if_else(is_number, bare, None), pc.if_else(is_number, cells, None)
    groups = ""
    for mark in "'" + " " + _OTHER[decimal]:
        if _any(pc.match_substring(bare, mark)):
            bare = pc.replace_substring(bare, mark, "")
            groups += mark
    values = pc.cast(pc.replace_substring(bare, ",", "."), pa.float64())
    values = pc.if_else(_matches(decorated, _NEGATIVE), pc.negate(values), values)
    names = sorted({name.strip(".") for name in names})
    notes = [f"{', '.join(names)} ignored"] if names else []
    problem = f"it mixes {' and '.join(names)}" if len(names) > 1 else ""
    if names and _any(is_zero := _matches(cells, _ZERO)):
        values = pc.if_else(is_zero, 0.0, values)
        notes.append("a dash with a currency read as 0")
    for letter, power in _POWERS.items():
        if _any(is_scaled := pc.match_substring(decorated, letter)):
            values = pc.if_else(is_scaled, pc.multiply(values, power), values)
            notes.append(f"{letter} read as {power:,.0f}")
    if _any(is_percent := pc.match_substring(decorated, "%")):
        notes.append("percent signs ignored")
        if not pc.all(is_percent).as_py():
            problem = "some of its numbers have a percent sign and some do not"
    return Numbers(values, groups, tuple(notes), problem)


def _own_mark(column: Evidence) -> str | None:
    if not column.dot and not column.comma:
        return None
    return "." if column.dot >= column.comma else ","


def _mark_by_groups(column: Evidence) -> str | None:
    """Returns the decimal mark of a column with cells like 1,234, based on its whole numbers.

    If a column has both 1234 and 1,234, it does not group digits, so the comma is the decimal mark.
    If it has both 341 and 7,489, and no number like 1234, it groups digits with the comma.
    """
    if len(column.ambiguous) != 1 or not (column.ungrouped or column.short):
        return None
    return column.ambiguous if column.ungrouped else _OTHER[column.ambiguous]


def _number(mark: str) -> str:
    """Returns the pattern of numbers with this decimal mark, without sign and unit.

    Digits may be grouped as in 1,234,567, 1'234'567, 1 234 567, or the Indian 12,34,567.
    """
    groups = [
        rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+" for group in (re.escape(_OTHER[mark]), "'", " ")
    ]
    if mark == ".":
        groups.append(r"[1-9]\d?(?:,\d{2})+,\d{3}")
    return (
        rf"^(?:(?:{'|'.join(groups)})(?:[{mark}]\d*)?"
        rf"|(?:\d+(?:[{mark}]\d*)?|[{mark}]\d+){_EXPONENT}?)$"
    )


_NUMBER = {mark: _number(mark) for mark in ".,"}


def _matches(cells: pa.Array, pattern: str) -> pa.Array:
    """Returns which cells match a pattern.

    A few cells are matched by Python, because Arrow compiles the pattern at each call.
    """
    if len(cells) < _FEW:
        texts = cells.to_pylist()
        found = (text if text is None else bool(re.search(pattern, text, re.A)) for text in texts)
        return pa.array(found, pa.bool_())
    return pc.match_substring_regex(cells, pattern)


def _total(flags: pa.Array) -> int:
    return int(pc.sum(flags, min_count=0).as_py())


def _any(flags: pa.Array) -> bool:
    return bool(pc.any(flags).as_py())
