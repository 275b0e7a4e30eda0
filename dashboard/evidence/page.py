"""The Evidence page: the answer, the loss curve, and a card for each finding."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import canvas, runs, words
from dashboard.choice import Choice
from dashboard.evidence import cards, charts, gathered, tables
from dashboard.evidence import words as evidence_words

if TYPE_CHECKING:
    from mlp_core.evidence import Evidence, Finding

POLL_SECONDS = 0.3
_PATIENCE_SECONDS = 1.0
_ASKED = "asked_for_evidence"


def show(choice: Choice) -> None:
    """Draws the evidence of a run, once it is gathered."""
    seconds = gathered.estimated_seconds(choice)
    if seconds > gathered.LONGEST_SECONDS:
        st.warning(
            f"The evidence of so long a run would take about {words.duration(1000 * seconds)}. "
            "Take fewer steps or smaller layers, under **Experiment** in the sidebar."
        )
        return
    job = gathered.job(choice)
    if not job.wait(_PATIENCE_SECONDS):
        st.fragment(_draw_waiting, run_every=POLL_SECONDS)(choice)
        return
    if job.latest is None:
        st.error(f"The evidence could not be gathered: {job.error}", icon=":material/error:")
        return
    _draw(job.latest)
    runs.settle_memory("evidence")


def _draw_waiting(choice: Choice) -> None:
    if not gathered.job(choice).running:
        st.rerun()
    st.progress(0.0, "Training this run once more and writing everything down …")


def _draw(evidence: "Evidence") -> None:
    from mlp_core.evidence import CHECKS, findings

    found = findings(evidence)
    st.markdown(evidence_words.answer(found, CHECKS))
    marked = _marked(found)
    curves = tables.curves(evidence)
    if curves.empty:
        st.info("There is no curve to draw: no loss in this run was ever a number.")
    else:
        canvas.draw(
            charts.marked_losses(),
            {"curves": curves, "marked": tables.marked(marked)},
            key="marked_losses",
            alt="Val and train loss against updates on a log scale, with the updates that the "
            "marked finding concerns.",
        )
        st.caption(evidence_words.losses(curves))
    for finding in found:
        cards.draw(finding, evidence, is_marked=finding is marked)
    with st.expander("What was checked", icon=":material/checklist:", expanded=not found):
        st.markdown(evidence_words.checked(CHECKS, found))


def _marked(found: "tuple[Finding, ...]") -> "Finding | None":
    """Returns the finding that the reader has marked, else the worst that concerns some updates."""
    of_updates = [finding for finding in found if finding.updates is not None]
    chosen = [finding for finding in of_updates if finding.name == cards.marked()]
    return next(iter([*chosen, *of_updates]), None)
