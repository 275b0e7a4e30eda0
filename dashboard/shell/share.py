"""The ways to share what is on the page: a link, code to embed it, and a picture."""

from html import escape
from pathlib import Path

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.draw.component import component
from dashboard.shell import picture, url
from dashboard.work import runs
from mlp_core.tasks import OWN

_LINK = "This link shows exactly this view, including the pinned runs."
_LINK_WITHOUT_FILE = (
    "The link cannot contain your CSV file. Anyone who opens the link has to upload the file "
    "and choose its columns again. Pinned runs on the file are not in the link."
)
_draw_copy_button = component(Path(__file__).parent, "copy_link")


def draw_copy_button() -> None:
    """Draws the button that copies the address and confirms it."""
    _draw_copy_button(key="copy_link")


def show(choice: Choice | None) -> None:
    """Draws the content of the dialog.

    Args:
      choice: the run on the page; None if the page shows several runs.
    """
    st.markdown(_LINK_WITHOUT_FILE if st.session_state["task"] == OWN else _LINK)
    link = url.link()
    st.code(link, language=None, wrap_lines=True)
    st.markdown("To embed it in a page of your own:")
    address = escape(f"{link}{'&' if '?' in link else '?'}embed=true")
    size = 'width="100%" height="760"'
    allow = 'allow="clipboard-write"'
    frame = f'<iframe src="{address}" {size} title="Fix by Fix" {allow}></iframe>'
    st.code(frame, language="html", wrap_lines=True)
    run = runs.known(choice) if choice else None
    if choice is None or run is None:
        return
    first = runs.known(Choice(settings=choice.settings))
    st.markdown("As a picture, with the loss before and after and the switches:")
    st.download_button(
        "Download the picture (SVG)",
        picture.svg(choice, run, first),
        file_name=f"fix-by-fix-{words.combination(choice.fixes).replace(' ', '')}.svg",
        mime="image/svg+xml",
        on_click="ignore",
        icon=":material/image:",
    )
