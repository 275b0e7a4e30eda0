"""Tables, some wider than a phone: there a line below such a one says that it goes on."""

from typing import Any

import pandas as pd
import streamlit as st

_PHONE = 356
_LETTER, _AROUND_CELL = 7, 17  # pixels
_LONGEST_NUMBER = 8  # letters, as tables round them
_LOOKED_AT = 50  # rows


def table(rows: pd.DataFrame, key: str, alt: str, **options: Any) -> None:
    """Draws a table.

    Args:
      key: no other table on the page has it.
      alt: says what the table holds.
      options: further ones for `st.dataframe`.
    """
    kind = "wide" if is_wide(rows, options.get("hide_index", False)) else "narrow"
    with st.container(gap=None, key=f"{kind}_{key}"):
        st.dataframe(rows, alt=alt, **options)


def is_wide(rows: pd.DataFrame, hide_index: bool) -> bool:
    """Tells whether a table is wider than a phone, by the letters in its first rows."""
    shown = rows.head(_LOOKED_AT)
    columns = [shown[name] for name in shown]
    if not hide_index:
        columns.append(shown.index.to_series())
    return sum(_LETTER * _letters(column) + _AROUND_CELL for column in columns) > _PHONE


def _letters(column: "pd.Series[Any]") -> int:
    """Returns how many letters the name of a column or its longest cell has."""
    longest = max((len(str(cell)) for cell in column), default=0)
    if pd.api.types.is_float_dtype(column):
        longest = min(longest, _LONGEST_NUMBER)
    return max(len(str(column.name or "")), longest)
