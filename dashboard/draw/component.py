"""Components with a script of our own: `name.html`, `name.css`, and `name.js` in one folder."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def component(folder: Path, name: str) -> ComponentRenderer:
    """Returns the function that draws a component.

    Args:
      name: of its three files, without their suffixes.
    """
    html, css, js = (
        (folder / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
    )
    return st.components.v2.component(f"fix_by_fix_{name}", html=html, css=css, js=js)
