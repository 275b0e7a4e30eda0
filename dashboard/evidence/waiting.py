"""A run's evidence, once it is gathered; until then how far it is, and a stop."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.work import gathered, memory, pace, progress

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
    seconds = gathered.estimated_seconds(choice)
    if gathered.job(choice) is None and seconds > gathered.LONG_SECONDS:
        _offer(choice, seconds, still)
        return None
    job = gathered.begin(choice)
    if pace.wait(job, _PATIENCE_SECONDS) and job.done:
        if job.error is not None:
            again = partial(gathered.begin_again, choice)
            progress.draw_failed(
                "The evidence could not be gathered", job.error, again, key="gather_again"
            )
            return None
        return job.latest.evidence if job.latest else None
    memory.settle("waiting for evidence")
    pace.live(_draw_progress, POLL_SECONDS)(choice, still)
    return None


def _offer(choice: Choice, seconds: float, still: str) -> None:
    about = words.duration(1000 * seconds)
    st.markdown(
        f"Evidence comes from training this run once more and writing everything down.{still}"
    )
    st.button(
        f"Gather it (about {about})",
        on_click=gathered.go_on,
        args=(choice,),
        icon=":material/play_arrow:",
        key="gather",
    )


def _draw_progress(choice: Choice, still: str) -> None:
    job = gathered.begin(choice)
    share = job.latest.share if job.latest else 0.0
    if job.running:
        text = "Training this run once more and writing everything down"
        text += f": {share:.0%}" if job.latest else ", first compiling it …"
        progress.draw(share, text + still, job.stop, "gathering", gathered.others(choice))
        return
    if job.done:
        st.rerun()
    text = f"Stopped at {share:.0%}."
    progress.draw_stopped(share, text + still, lambda: gathered.go_on(choice), "gathering")
