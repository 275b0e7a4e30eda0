"""Numbers as people and spreadsheets write them: $1,234.50, 1.234,50, (37.50), 12 %, 2.5k.

A mark followed by exactly three digits is ambiguous in one cell, rarely in a file: `Evidence`
counts what decides. Patterns run over whole columns in Arrow, which takes a tenth of the time that
Python takes and leaves Python to other threads.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MINUS_SIGNS = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
_SPACES = "\u00a0\u2007\u2009\u202f"
_APOSTROPHES = "\u2019\u02bc"
_CODES = "USD EUR GBP CHF JPY CNY INR CAD AUD NZD SEK NOK DKK PLN CZK HUF BRL MXN ZAR"
_DOTTED = ("Rs.", "Fr.", "kr.")
_CURRENCIES = (*_CODES.split(), "Rs", "Fr", "kr", "zł", *"$¢£¤¥฿", *map(chr, range(0x20A0, 0x20C1)))
_ANY_CODE = "|".join(_CODES.split())
_COUNTRY = "(?:US|CA?|AU?|NZ|HK|SG?|MX|NT|R)?"
_MONEY = rf"(?:{_COUNTRY}\p{{Sc}}|{_ANY_CODE}|Rs\.?|Fr\.|kr\.?|zł)"
_FEW = 200
_POWERS = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12}
_LETTERS = "".join(_POWERS)
# T in TEUR is thousand, so only k and M may stand before a code without a space.
_SCALED = rf"(?: ?[{_LETTERS}](?: ?%)?(?: ?\p{{Sc}}| {_MONEY})?| ?[kKM](?:{_ANY_CODE}))"
_BEFORE = rf"\(? ?[+-]? ?(?:{_MONEY} ?)?\(? ?[+-]? ?"
_AFTER = rf" ?[{_LETTERS}]? ?%?(?: ?{_MONEY})?(?: ?-| ?\))?"
_EXPONENT = r"(?:[eE][+-]?\d{1,3})"
_NUMBER_LIKE = rf"^{_BEFORE}[\d.,' ]*\d[\d.,' ]*{_EXPONENT}?{_AFTER}$"


class Evidence(NamedTuple):
    """How many cells of a column say what the decimal mark is, and what else they tell."""

    dot: int = 0
    """Cells in which only a dot can be the decimal mark, like 0.326, 1.5 and 1,234.5."""
    comma: int = 0
    ambiguous: str = ""
    """The marks in cells like 1.234 or 1,234."""
    short: int = 0
    """Whole numbers of one to three digits, 0 not counted."""
    ungrouped: int = 0
    """Whole numbers of four and more digits without a mark."""


class Marks(NamedTuple):
    """The decimal mark of each column."""

    of_columns: tuple[str, ...]
    undecided: tuple[int, ...]
    """The places of columns for which nothing in the file decides."""


class Numbers(NamedTuple):
    """The numbers of a column."""

    values: pa.Array
    """float64, null where a cell is none."""
    groups: str
    """The marks between groups of digits that occur."""
    notes: tuple[str, ...]
    """What was assumed to read them."""
    problem: str = ""
    """Why the numbers must not be used together."""


def plain_signs(cells: pa.Array) -> pa.Array:
    """Returns cells with ASCII signs for minus, space and apostrophe."""
    if pc.all(pc.string_is_ascii(cells)).as_py() is not False:
        return cells
    for signs, plain in ((_MINUS_SIGNS, "-"), (_SPACES, " "), (_APOSTROPHES, "'")):
        for sign in signs:
            cells = pc.replace_substring(cells, sign, plain)
    return cells


def has_dots(cells: pa.Array) -> bool:
    """Returns whether any cell has a dot."""
    return _any(pc.match_substring(cells, "."))


def are_mostly_numbers(cells: pa.Array) -> bool:
    """Returns whether at least half of the cells are numbers, whatever their decimal mark."""
    return _count(cells, _NUMBER_LIKE) * 2 >= len(cells)


def evidence(cells: pa.Array, sample: pa.Array) -> Evidence:
    """Returns what the cells say about the decimal mark; all are asked if the sample is silent."""
    for some in (sample, cells):
        marks = [mark for mark in ".," if _any(pc.match_substring(some, mark))]
        if marks:
            found = Evidence(_count(some, _DECISIVE["."]), _count(some, _DECISIVE[","]))
            if found.dot or found.comma:
                return found
    if not marks:
        return Evidence()
    return Evidence(
        ambiguous="".join(mark for mark in marks if _any(_matches(cells, _ambiguous(mark)))),
        short=_count(cells, rf"^{_BEFORE}[1-9]\d{{0,2}}{_AFTER}$"),
        ungrouped=_count(cells, rf"^{_BEFORE}\d{{4,}}{_AFTER}$"),
    )


def decimal_marks(columns: Sequence[Evidence]) -> Marks:
    """Returns the decimal marks: a column's own evidence first, then the others', then a dot."""
    own = [_own_mark(column) for column in columns]
    if not any(own):
        own = [_mark_by_groups(column) for column in columns]
    known = {mark for mark in own if mark}
    of_file = known.pop() if len(known) == 1 else None
    undecided = [
        place
        for place, column in enumerate(columns)
        if column.ambiguous and not own[place] and not of_file
    ]
    return Marks(tuple(mark or of_file or "." for mark in own), tuple(undecided))


def plain_numbers(cells: pa.Array) -> pa.Array | None:
    """Returns cells as float64 if all are written as Python would, else None: the fast way.

    Arrow goes through all cells, and needs long for each that is no number.
    """
    if len(cells) > 2 * _FEW and plain_numbers(cells[:_FEW]) is None:
        return None
    try:
        return pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        return None


def numbers(cells: pa.Array, decimal: str) -> Numbers:
    """Returns the numbers in cells of `plain_signs`, read with one decimal mark."""
    readable = pc.if_else(_matches(cells, _NUMBER[decimal]), cells, None)
    signs = _bytes_in(readable)
    other = "," if decimal == "." else "."
    notes, problem = _money(readable, signs)
    if "%" in signs:
        notes.append("percent signs left out")
        if not pc.all(pc.match_substring(readable, "%")).as_py():
            problem = "some of its numbers have a percent sign and some do not"
    values = pc.cast(_digits(readable, signs, decimal), pa.float64())
    for letter in sorted(_POWERS.keys() & signs):
        pattern = rf"[\d.,] ?{letter}(?:[^A-Za-z]|$|{_ANY_CODE})"
        scaled = pc.fill_null(_matches(readable, pattern), False)
        if _any(scaled):
            values = pc.if_else(scaled, pc.multiply(values, _POWERS[letter]), values)
            notes.append(f"{letter} as {_POWERS[letter]:,.0f}")
    groups = [
        mark
        for mark in sorted({other, "'", " "} & signs)
        if _any(_matches(readable, _IN_GROUPS[mark]))
    ]
    return Numbers(values, "".join(groups), tuple(notes), problem)


def _own_mark(column: Evidence) -> str | None:
    if not column.dot and not column.comma:
        return None
    return "." if column.dot >= column.comma else ","


def _mark_by_groups(column: Evidence) -> str | None:
    """Returns the mark of a column with cells like 1,234 from its whole numbers.

    A column with 1234 next to 1,234 does not group digits. A column with 341 next to 7,489, and no
    whole number of four digits without a mark, does.
    """
    if len(column.ambiguous) != 1 or not (column.ungrouped or column.short):
        return None
    other = "," if column.ambiguous == "." else "."
    return column.ambiguous if column.ungrouped else other


def _money(cells: pa.Array, signs: set[str]) -> tuple[list[str], str]:
    """Returns notes on the currency, and the problem of several."""
    possible = [name for name in _CURRENCIES if set(name.encode().decode("latin-1")) <= signs]
    found = [name for name in possible if _any(pc.match_substring(cells, name))]
    if "$" in found and signs & set("SARKXTZ"):
        dollars = pc.extract_regex(cells, rf"(?P<name>{_COUNTRY}\$)").field("name")
        found = sorted({*found} - {"$"} | {*pc.unique(dollars.drop_null()).to_pylist()})
    notes = [f"{', '.join(found)} left out"] if found else []
    return notes, f"it mixes {' and '.join(found)}" if len(found) > 1 else ""


def _digits(cells: pa.Array, signs: set[str], decimal: str) -> pa.Array:
    """Returns numbers as Python writes them: without all that only people need."""
    for dotted in _DOTTED if set("Rkrs") & signs else ():
        cells = pc.replace_substring(cells, dotted, "")
    if "-" in signs:
        is_last = pc.ends_with(cells, "-")
        first = pc.binary_join_element_wise("-", pc.utf8_slice_codeunits(cells, 0, -1), "")
        cells = pc.if_else(is_last, first, cells)
    offsets, data = _buffers(cells)
    kept = _KEPT[data]
    letters = np.flatnonzero((data == ord("e")) | (data == ord("E")))
    kept[letters] = _AFTER_E[np.append(data, 0)[letters + 1]]
    if decimal == ",":
        kept |= data == ord(",")
        kept &= data != ord(".")
    before = np.concatenate([[0], np.add.accumulate(kept, dtype=np.int32)])
    plain = np.where(data == ord(","), ord("."), np.where(data == ord("("), ord("-"), data))
    return pa.StringArray.from_buffers(
        len(cells),
        pa.py_buffer(before[offsets].astype(np.int32)),
        pa.py_buffer(plain[kept].astype(np.uint8)),
        _validity(cells),
    )


_KEPT = np.isin(np.arange(256), list(b"0123456789.+-("))
_AFTER_E = np.isin(np.arange(256), list(b"0123456789+-"))


def _validity(cells: pa.Array) -> pa.Buffer | None:
    if not cells.null_count:
        return None
    return pa.py_buffer(np.packbits(cells.is_valid().to_numpy(False), bitorder="little"))


def _buffers(cells: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Returns where the text of each cell starts, and the bytes of all."""
    _, offsets, data = cells.buffers()
    starts = np.frombuffer(offsets, np.int32)[cells.offset : cells.offset + len(cells) + 1]
    everything = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    return starts - starts[0], everything[starts[0] : starts[-1]]


def _bytes_in(cells: pa.Array) -> set[str]:
    """Returns the characters of the cells; those beyond ASCII as bytes."""
    counts = np.bincount(_buffers(cells)[1], minlength=256)
    return {chr(byte) for byte in np.flatnonzero(counts)}


def _grouped(mark: str) -> str:
    """Returns the pattern of whole numbers in groups of digits, as in 1,234,567 or 1,23,456."""
    thousands = rf"[1-9]\d{{0,2}}(?:[{mark}]\d{{3}})+"
    return rf"{thousands}|[1-9]\d?(?:,\d{{2}})+,\d{{3}}" if mark == "," else thousands


def _number(decimal: str) -> str:
    """Returns the pattern of a cell that is a number with this decimal mark."""
    groups = "|".join(_grouped(mark) for mark in ("," if decimal == "." else ".", "'", " "))
    whole, fraction = rf"(?:{groups}|\d+)", rf"[{decimal}]\d+"
    digits = rf"(?:{whole}(?:[{decimal}]\d*)?|{fraction}){_EXPONENT}?"
    after = rf"(?:{_SCALED}| ?%?(?: ?{_MONEY})?)"
    number = rf"{digits}{after}"
    # Not 12.-, which is a price without cents.
    before_minus = rf"(?:{whole}(?:{fraction})?|{fraction}){_EXPONENT}?{after}"
    money = rf"(?:{_MONEY} ?)?"
    signed = rf"[+-]? ?{money}{number}|{_MONEY} ?[+-] ?{number}"
    return rf"^(?:{signed}|{money}\( ?{money}{number} ?\)|{money}{before_minus} ?-)$"


def _decisive(mark: str, other: str) -> str:
    """Returns the pattern of cells in which only one mark can be the decimal mark."""
    groups = "|".join(_grouped(group) for group in (other, "'", " "))
    mixed = rf"(?:{groups})[{mark}]\d*"
    short = rf"\d*[{mark}](?:\d{{1,2}}|\d{{4,}})"
    long = rf"(?:0\d*|\d{{4,}})?[{mark}]\d{{3}}"
    exponent = rf"\d*[{mark}]\d*{_EXPONENT}"
    indian = r"|[1-9]\d?(?:,\d{2})+,\d{3}" if other == "," else ""
    repeated = rf"[1-9]\d{{0,2}}(?:[{other}]\d{{3}}){{2,}}{indian}"
    # 1.234k and 1.234% have a decimal point; $1,234M and 1,234% may have either.
    scaled = rf"|\d{{1,3}}\.\d{{3}} ?[{_LETTERS}%]" if mark == "." else ""
    return rf"^{_BEFORE}(?:{mixed}|{short}|{long}|{exponent}|{repeated}{scaled}){_AFTER}$"


def _ambiguous(mark: str) -> str:
    return rf"^{_BEFORE}[1-9]\d{{0,2}}[{mark}]\d{{3}}{_AFTER}$"


_NUMBER = {mark: _number(mark) for mark in ".,"}
_DECISIVE = {".": _decisive(".", ","), ",": _decisive(",", ".")}
_IN_GROUPS = {mark: rf"\d[{mark}]\d{{2,3}}" for mark in ".,' "}


def _matches(cells: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(cells, pattern)


def _count(cells: pa.Array, pattern: str) -> int:
    return pc.sum(_matches(cells, pattern)).as_py() or 0


def _any(cells: pa.Array) -> bool:
    return bool(pc.any(cells).as_py())
