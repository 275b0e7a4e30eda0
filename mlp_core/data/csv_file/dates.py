"""Parses dates as people and spreadsheets write them: 2020-12-31, 31.12.2020, 1/31/2020 1:30 PM."""

import re
from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

ISO = "ISO8601"
"""The format of dates like 2020-12-31T10:30:00+01:00. All other formats are for `strptime`."""

_DAYS = (
    *("%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y"),
    *("%Y/%m/%d", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AP]M)?(?:Z| ?[+-]\d{2}:?\d{2})?"
_DAY = (
    r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}"
    r"|[A-Za-z]{3,9} \d{1,2}, \d{4}"
)
_DATE_OR_TIME = re.compile(rf"(?:{_DAY})(?:[T ]{_TIME})?|{_TIME}")
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z| ?[+-]\d{2}:?\d{2})?)?$"


def is_date(text: str) -> bool:
    """Returns whether a text looks like a date or a time of day."""
    return _DATE_OR_TIME.fullmatch(text) is not None


def formats(sample: pa.Array) -> tuple[str, ...]:
    """Returns the date formats that fit the cells, month before day if both orders are possible."""
    texts = pc.unique(sample)[:50].to_pylist()
    if not texts or not is_date(texts[0]):
        return ()
    if pc.all(pc.match_substring_regex(sample, _ISO)).as_py():
        return (ISO,)
    possible = [day + time for day in _DAYS for time in _TIMES if _is_in(texts[0], day + time)]
    return tuple(form for form in possible if all(_is_in(text, form) for text in texts))


def in_one_order(columns: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Returns the formats of all columns, day-first formats first if one column requires them."""
    if not any(forms and all(map(_is_day_first, forms)) for forms in columns):
        return list(columns)
    return [tuple(sorted(forms, key=_is_day_first, reverse=True)) for forms in columns]


def times(cells: pa.Array, forms: Sequence[str]) -> tuple[pd.Series, str] | None:
    """Returns the times in cells and the first format that fits all cells; None if none does."""
    for form in forms:
        found = _times(cells, form)
        if int(found.notna().sum()) == len(cells) - cells.null_count:
            return found, form
    return None


def iso(time: pd.Timestamp) -> str:
    """Returns a time as ISO text, without the time of day if it is midnight."""
    return time.tz_localize(None).isoformat(sep=" ").removesuffix(" 00:00:00")


def in_words(form: str) -> str:
    """Returns the order of day, month, and year in a format."""
    day = form.partition(" %H")[0].partition(" %I")[0]
    names = {"d": "day", "m": "month", "b": "month", "B": "month", "Y": "year", "y": "year"}
    return re.sub(r"%(\w)", lambda letter: names[letter[1]], day)


def _is_day_first(form: str) -> bool:
    """Returns whether a format is like 31/12/2020; a month in words is no evidence of an order."""
    return form.startswith("%d") and "%b" not in form.lower()


def _times(cells: pa.Array, form: str) -> pd.Series:
    """Returns the times in cells, NaT where there is none in this format."""
    if form == ISO:
        return _strict(cells, form)
    found = pc.strptime(cells, format=form, unit="s", error_is_null=True)
    # Arrow is 5 times as fast as pandas, but parses 31 February as a day in early March.
    early = pc.fill_null(pc.less_equal(pc.day(found), 3), False)
    if _strict(pc.filter(cells, early), form).isna().any():
        return _strict(cells, form)
    return found.to_pandas().dt.tz_localize("UTC")


def _strict(cells: pa.Array, form: str) -> pd.Series:
    return pd.to_datetime(cells.to_pandas(), format=form, utc=True, errors="coerce")


def _is_in(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).year > 0
    except ValueError:
        return False
