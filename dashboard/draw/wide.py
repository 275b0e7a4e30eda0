"""Tables. A table that is wider than a phone gets a note about that on phones."""

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
      key: unique among the tables on the page.
      alt: a description of the table.
      options: further options for `st.dataframe`.
    """
    kind = "wide" if is_wide(rows, options.get("hide_index", False)) else "narrow"
    with st.container(gap=None, key=f"{kind}_{key}"):
        st.dataframe(rows, alt=alt, **options)


def is_wide(rows: pd.DataFrame, hide_index: bool) -> bool:
    """Returns whether a table is wider than a phone, estimated from the text in its first rows."""
    shown = rows.head(_LOOKED_AT)
    columns = [shown[name] for name in shown]
    if not hide_index:
        columns.append(shown.index.to_series())
    return sum(_LETTER * _letters(column) + _AROUND_CELL for column in columns) > _PHONE


def _letters(column: "pd.Series[Any]") -> int:
    """Returns the length of the column name or of the longest cell, whichever is larger."""
    longest = max((len(str(cell)) for cell in column), default=0)
    if pd.api.types.is_float_dtype(column):
        longest = min(longest, _LONGEST_NUMBER)
    return max(len(str(column.name or "")), longest)
