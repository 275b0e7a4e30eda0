"""The runs that a page needs before it has anything to show, trained while the reader watches."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import codes
from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.work import pace, progress, runs

if TYPE_CHECKING:
    from mlp_core.engine.training import Run

POLL_SECONDS = 0.3
_ASKED = "asked_to_train"


def trained(choices: Sequence[Choice], patience: float = 2.0) -> "dict[Choice, Run] | None":
    """Returns the runs once all are there; until then None, and draws how far they are.

    Runs that take long are trained when the reader asks. A run that was stopped counts as missing.
    """
    found = _found(choices)
    if len(found) == len(choices):
        return found
    settings = choices[0].settings
    seconds = len(choices) * runs.estimated_seconds(settings)
    if seconds > runs.LONG_SECONDS * len(choices) and not _asked(choices):
        st.button(
            f"Train {len(choices)} runs (about {words.duration(1000 * seconds)})",
            on_click=_ask,
            args=(choices,),
            icon=":material/play_arrow:",
            key="train_needed",
        )
        return None
    failed = [job.error for job in map(runs.job, choices) if job.error is not None]
    if failed:
        again = partial(runs.train_again, *choices)
        progress.draw_failed("A run could not be trained", failed[0], again, key="train_again")
        return None
    runs.wait(choices, patience)
    found = _found(choices)
    if len(found) == len(choices):
        return found
    pace.live(_draw_progress, POLL_SECONDS)(choices)
    return None


def _found(choices: Sequence[Choice]) -> "dict[Choice, Run]":
    found = {choice: runs.known(choice) for choice in choices}
    return {choice: run for choice, run in found.items() if run is not None}


def _draw_progress(choices: Sequence[Choice]) -> None:
    ready = _found(choices)
    share = len(ready) / len(choices)
    jobs = [runs.job(choice) for choice in choices]
    if not any(job.running for job in jobs):
        if len(ready) == len(choices) or any(job.error for job in jobs):
            st.rerun()
        text = f"Stopped: {len(ready)} of {len(choices)} runs are trained."
        progress.draw_stopped(share, text, partial(_ask, choices), "needed")
        return
    text = f"Training the runs of this page: {len(ready)} of {len(choices)}."
    progress.draw(share, text, partial(_stop, choices), "needed")


def _ask(choices: Sequence[Choice]) -> None:
    st.session_state[_ASKED] = _code(choices)
    for choice in choices:
        runs.resume(choice)


def _stop(choices: Sequence[Choice]) -> None:
    for choice in choices:
        runs.stop(choice)


def _asked(choices: Sequence[Choice]) -> bool:
    return bool(st.session_state.get(_ASKED) == _code(choices))


def _code(choices: Sequence[Choice]) -> str:
    return codes.code(Choice(settings=choices[0].settings))
