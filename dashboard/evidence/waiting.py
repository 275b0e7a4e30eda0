"""A run's evidence, once it is gathered; until then how far it is, and a stop."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.work import gathered, panel

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence

POLL_SECONDS = 1.0
"""Each look costs a garbage collection, which slows what is waited for."""

_PATIENCE_SECONDS = 1.0


def evidence(choice: Choice, still: str = "") -> "Evidence | None":
    """Returns the evidence once it is gathered; until then None, and draws how far it is.

    What takes long is gathered when the reader asks.

    Args:
      still: says what is on the page until then.
    """
    offer, seconds = None, gathered.estimated_seconds(choice)
    if gathered.jobs.find(choice) is None and seconds > gathered.LONG_SECONDS:
        st.markdown(
            f"Evidence comes from training this run once more and writing everything down.{still}"
        )
        offer = f"Gather it (about {words.duration(1000 * seconds)})"

    def text(share: float | None) -> str:
        far = ", first compiling it …" if share is None else f": {share:.0%}"
        return f"Training this run once more and writing everything down{far}{still}"

    work = gathered.jobs.panel(
        choice, "gathering", "The evidence could not be gathered", text, POLL_SECONDS
    )
    if not panel.show(work, offer, _PATIENCE_SECONDS):
        return None
    latest = gathered.jobs.start(choice).latest
    return latest.evidence if latest else None
