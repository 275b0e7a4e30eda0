"""A case's run and its evidence, made while the reader watches."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import needed
from dashboard.choice import Choice
from dashboard.evidence import gathered

if TYPE_CHECKING:
    from mlp_core.evidence import Evidence
    from mlp_core.training import Run

POLL_SECONDS = 0.3
_PATIENCE_SECONDS = 1.0


def trained(choice: Choice) -> "Run | None":
    """Returns a run once it is there; until then None, and draws how far it is."""
    runs = needed.trained([choice])
    return None if runs is None else runs[choice]


def evidence(choice: Choice) -> "Evidence | None":
    """Returns a run's evidence once it is gathered; until then None, and says so."""
    job = gathered.job(choice)
    if not job.wait(_PATIENCE_SECONDS):
        st.fragment(_draw_waiting, run_every=POLL_SECONDS)(choice)
        return None
    if job.latest is None:
        st.error(f"The evidence could not be gathered: {job.error}", icon=":material/error:")
    return job.latest


def _draw_waiting(choice: Choice) -> None:
    if not gathered.job(choice).running:
        st.rerun()
    st.progress(0.0, "Training this run once more and writing everything down …")
