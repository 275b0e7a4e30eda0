"""Numbers as people and spreadsheets write them: $1,234.50, 1.234,50 or 12 %."""

import re
from collections.abc import Iterable

_SPACES = "\u0020\u00a0\u202f"
_WRAPPED = re.compile(rf"([+-]?)[$€£¥]?[{_SPACES}]?([\d.,'{_SPACES}]*\d)[{_SPACES}]?[$€£¥%]?")
_SHAPES = {
    ".": re.compile(rf"(\d{{1,3}}(?:[,'{_SPACES}]\d{{3}})+|\d*)(\.\d+)?"),
    ",": re.compile(rf"(\d{{1,3}}(?:[.'{_SPACES}]\d{{3}})+|\d*)(,\d+)?"),
}
"""For each decimal mark the digits before it, perhaps in groups of three, and those after it."""


def has_decimal_commas(cells: Iterable[str], if_unclear: bool) -> bool:
    """Returns whether cells have decimal commas: more of those that can have nothing else do.

    "1.5" and "1,234.5" have a point, "1,5" and "1.234,5" a comma; "1,234" may have either.
    """
    commas = points = 0
    for cell in cells:
        digits = _digits(cell)
        if digits and not digits.isdecimal():
            with_point, with_comma = (bool(shape.fullmatch(digits)) for shape in _SHAPES.values())
            points += with_point and not with_comma
            commas += with_comma and not with_point
    return commas > points if commas != points else if_unclear


def plain(cell: str, decimal_commas: bool) -> str:
    """Returns a number without currency, per cent and thousands; any other cell as it is."""
    digits = _digits(cell)
    found = _SHAPES["," if decimal_commas else "."].fullmatch(digits)
    if not digits or found is None:
        return cell
    whole, fraction = re.sub(r"\D", "", found[1]), (found[2] or "").replace(",", ".")
    return f"{'-' if cell.lstrip().startswith('-') else ''}{whole}{fraction}"


def _digits(cell: str) -> str:
    """Returns the digits and marks of a number; nothing for another cell."""
    wrapped = _WRAPPED.fullmatch(cell.strip())
    return wrapped[2].strip() if wrapped else ""
