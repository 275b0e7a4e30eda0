"""Findings in a reader's own script: the command to run, an example report, and an upload.

A report is parsed as data. Nothing here runs a script.
"""

from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.diagnosis import words
from dashboard.draw.words import plain

if TYPE_CHECKING:
    from mlp_core.doctor import ScriptFinding

MAX_MEGABYTES = 1


def show() -> None:
    """Draws the command, and a card for each finding in the report."""
    from mlp_core.doctor import records

    st.header("Your own script", anchor="script")
    st.markdown(words.SCRIPT)
    st.code(words.SCRIPT_COMMAND, language="sh")
    upload = st.file_uploader(
        "Open a report",
        type="json",
        key="report",
        max_upload_size=MAX_MEGABYTES,
        help="The JSON file that the command wrote. Only this session can use it.",
    )
    try:
        if upload is None:
            found, name = records.opened(records.EXAMPLE.read_text(encoding="utf-8")), None
        else:
            found, name = records.opened(upload.getvalue().decode("utf-8", "replace")), upload.name
    except (OSError, ValueError) as error:
        st.warning(f"The report cannot be shown: {plain(str(error), 200)}.")
        return
    st.markdown(words.report(len(found), None if name is None else plain(name)))
    for place, finding in enumerate(found):
        _draw(finding, key=f"script_{place}")


def _draw(finding: "ScriptFinding", key: str) -> None:
    from mlp_core.doctor import KINDS

    kind = KINDS[finding.kind]
    label, color = words.BADGES[finding.severity]
    with st.container(border=True, key=key):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{words.kind(finding.kind)}**", width="content")
            st.badge(label, color=color)  # type: ignore[arg-type]
            st.caption(
                plain(f"{PurePath(finding.file).name}, line {finding.line}"), width="content"
            )
        st.markdown(plain(finding.message, 400))
        st.markdown(f"**Why it matters.** {plain(kind.why, 400)}")
        st.markdown(f"**Instead.** {plain(kind.remedy, 400)}")
