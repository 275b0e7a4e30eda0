"""The part of a section that readers can fold away. On phones it is folded at first."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def fold(label: str, key: str) -> DeltaGenerator:
    """Returns the container of the details below its label, which opens and closes it."""
    return st.expander(label, expanded=not _is_phone(), type="compact", key=f"details_{key}")


def _is_phone() -> bool:
    """Returns whether the browser says so; the server does not know the width of the window."""
    return "Mobi" in st.context.headers.get("User-Agent", "")
