"""The card of a finding: what was found, why it hurts, the switch, and the code."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.diagnosis import words
from dashboard.draw import canvas
from dashboard.evidence import check_words, tables
from dashboard.evidence.pictures import PICTURES, Picture, on_the_curve
from dashboard.shell import one_of, own_file, sidebar
from dashboard.switches import SWITCH
from mlp_core.program.changes import changed_lines

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence, Finding


def draw(finding: "Finding", evidence: "Evidence", choice: Choice) -> None:
    """Draws the card of a finding.

    Args:
      choice: the run that the evidence is about.
    """
    pictures = PICTURES[finding.name]
    if not tables.curves(evidence).empty:
        pictures += (Picture("On the curve", partial(on_the_curve, finding)),)
    with st.container(border=True, key=f"card_{finding.name}"):
        left, right = st.columns(2, gap="medium")
        with left:
            _draw_text(finding)
            _draw_actions(finding, choice)
        with right:
            draw_pictures(pictures, evidence, key=f"card_{finding.name}")


def draw_pictures(pictures: tuple[Picture, ...], evidence: "Evidence", key: str) -> None:
    """Draws the chart of a check; if there are several, the reader chooses.

    Args:
      key: distinguishes these charts from the same charts elsewhere on the page.
    """
    if len(pictures) == 1:
        _draw_picture(pictures[0], evidence, key)
        return
    titled = {picture.title: picture for picture in pictures}
    if st.session_state.get(f"chart_{key}") not in titled:  # the finding of another run had others
        st.session_state.pop(f"chart_{key}", None)
    _draw_picture(titled[one_of.choose("Chart", tuple(titled), f"chart_{key}")], evidence, key)


def _draw_picture(picture: Picture, evidence: "Evidence", key: str) -> None:
    drawing = picture.drawn(evidence)
    if drawing.is_empty:
        st.info("There is nothing to draw: the run has no two finite values of this kind.")
        return
    canvas.draw(
        drawing.spec,
        drawing.tables,
        key=f"picture_{key}_{picture.title}",
        alt=f"{picture.title}: the text beside this chart describes it.",
    )
    if drawing.caption:
        st.caption(drawing.caption)


def _draw_text(finding: "Finding") -> None:
    text = check_words.text(finding)
    label, color = words.BADGES[finding.severity]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(text.title, anchor=False, width="content")
        st.badge(label, color=color)  # type: ignore[arg-type]
    st.markdown(text.found)
    st.markdown(f"**Why it hurts.** {text.why}")
    if finding.fix is None:
        st.caption(words.NO_SWITCH)


def _draw_actions(finding: "Finding", choice: Choice) -> None:
    """Draws the switch of the fix, and the lines of the program that it changes."""
    if finding.fix is None:
        return
    with_fix, without = (replace(choice.fixes, **{finding.fix: on}) for on in (True, False))
    lines = changed_lines(choice.settings, without, with_fix, own_file.name())
    with st.container(horizontal=True, vertical_alignment="center"):
        sidebar.draw_switch_again(finding.fix, f"switch_{finding.name}")
        with st.popover("The code", icon=":material/code:", type="tertiary"):
            st.caption(f"What **{SWITCH[finding.fix].label}** changes in the program:")
            st.code("\n".join(lines), language="diff", wrap_lines=True)
