"""The Evidence page: the answer, the loss curve, a card for each finding, and all pictures."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import canvas, memory
from dashboard.choice import Choice
from dashboard.evidence import cards, charts, tables, waiting, words

if TYPE_CHECKING:
    from mlp_core.evidence import Check, Evidence, Finding


def show(choice: Choice) -> None:
    """Draws the evidence of a run, once it is gathered."""
    evidence = waiting.evidence(choice)
    if evidence is not None:
        _draw(evidence)
        memory.settle("evidence")


def _draw(evidence: "Evidence") -> None:
    from mlp_core.evidence import CHECKS, findings

    found = findings(evidence)
    st.markdown(words.answer(found, CHECKS))
    marked = _marked(found)
    _draw_curve(evidence, marked)
    for finding in found:
        cards.draw(finding, evidence, is_marked=finding is marked)
    _draw_checks(evidence, CHECKS, found)


def _marked(found: "tuple[Finding, ...]") -> "Finding | None":
    """Returns the finding that the reader has marked, else the worst."""
    name = cards.marked()
    return next((finding for finding in found if finding.name == name), next(iter(found), None))


def _draw_curve(evidence: "Evidence", marked: "Finding | None") -> None:
    curves = tables.curves(evidence)
    if curves.empty:
        st.info("There is no curve to draw: no loss in this run was ever a number.")
        return
    canvas.draw(
        charts.marked_losses(),
        {"curves": curves, "marked": tables.marked(marked)},
        key="marked_losses",
        alt="Val and train loss against updates on a log scale, with the updates that the "
        "marked finding concerns.",
    )
    st.caption(words.losses(curves))


def _draw_checks(
    evidence: "Evidence", checks: "tuple[Check, ...]", found: "tuple[Finding, ...]"
) -> None:
    """Draws what was checked, and the picture of any check, whether it found something or not."""
    with st.expander("What was checked", icon=":material/checklist:", expanded=not found):
        st.markdown(words.checked(checks, found))
        sentences = {check.name: words.spaced(check.checked) for check in checks}
        name = st.selectbox(
            "Look at what a check saw",
            list(sentences),
            format_func=sentences.__getitem__,
            key="looked_at",
        )
        cards.draw_pictures(name, evidence, key=f"seen_{name}")
