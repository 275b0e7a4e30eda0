"""The evidence of a run, or its progress and a Stop button while it is collected."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.work import gathered, panel

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence

POLL_SECONDS = 1.0
"""The interval is long because each redraw runs a garbage collection, which delays the work."""

_PATIENCE_SECONDS = 1.0


def evidence(choice: Choice, still: str = "") -> "Evidence | None":
    """Returns the evidence, or draws the progress and returns None until it is ready.

    If it takes long, the reader has to start it.

    Args:
      still: a sentence that says what the page shows until then; may be empty.
    """
    offer, seconds = None, gathered.estimated_seconds(choice)
    if gathered.jobs.find(choice) is None and seconds > gathered.LONG_SECONDS:
        st.markdown(f"To collect evidence, this run is trained again with detailed records.{still}")
        offer = f"Collect evidence (about {words.duration(1000 * seconds)})"

    def text(share: float | None) -> str:
        far = "; compiling …" if share is None else f": {share:.0%}."
        return f"Training this run again to collect evidence{far}{still}"

    work = gathered.jobs.panel(
        choice, "gathering", "The evidence could not be collected", text, POLL_SECONDS
    )
    if not panel.show(work, offer, _PATIENCE_SECONDS):
        return None
    latest = gathered.jobs.start(choice).latest
    return latest.evidence if latest else None
