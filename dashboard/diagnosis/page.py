"""The layout of the Diagnosis page: the evidence of a run, the tools, and the reader's script."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.diagnosis import cards, script, tools, words
from dashboard.draw import canvas, line_charts
from dashboard.draw import words as app_words
from dashboard.evidence import check_words, tables, waiting
from dashboard.evidence.pictures import LOSSES_HEIGHT, PICTURES
from dashboard.player import show as player
from dashboard.shell import glossary
from dashboard.work import per_run

if TYPE_CHECKING:
    import pandas as pd

    from mlp_core.diagnosis import Evidence, Finding

QUESTION = "Why does this bug hurt, and would a tool have told you?"

_SHOWN = "evidence_shown"


def show(choice: Choice) -> None:
    """Draws the page for a run."""
    _draw_run(choice)
    tools.show()
    script.show()


def _draw_run(choice: Choice) -> None:
    """Draws the evidence of a run. Until it is ready, draws the evidence of the previous run."""
    last, kept = _last()
    still = f" Until then, the page shows {app_words.name(last)}." if last and kept else ""
    with st.container(key="answer"):
        evidence = waiting.evidence(choice, still)
        if evidence is not None:
            glossary.write(words.answer(_findings(evidence)))
            st.session_state[_SHOWN] = choice.code
    if evidence is not None and st.session_state["watch"]:
        player.show(choice)
    if evidence is not None:
        _draw(evidence, choice)
    elif kept is not None and last is not None:
        _draw(kept, last)


def _last() -> "tuple[Choice | None, Evidence | None]":
    """Returns the previous run on the page, and its evidence if it is still cached."""
    try:
        choice = Choice.of_code(st.session_state[_SHOWN])
    except (KeyError, ValueError):
        return None, None
    collected = per_run.evidence_work.done(choice)
    return choice, collected.evidence if collected else None


def _findings(evidence: "Evidence") -> "tuple[Finding, ...]":
    from mlp_core import diagnosis

    return diagnosis.findings(evidence)


def _draw(evidence: "Evidence", choice: Choice) -> None:
    found = _findings(evidence)
    curves = tables.curves(evidence)
    if curves.empty:
        st.info(app_words.NO_CURVE)
    else:
        _draw_curve(curves, next(iter(found), None))
    for finding in found:
        cards.draw(finding, evidence, choice)
    _draw_checks(evidence, found)


def _draw_curve(curves: "pd.DataFrame", worst: "Finding | None") -> None:
    canvas.draw(
        line_charts.losses(LOSSES_HEIGHT),
        {"curves": curves, "marked": tables.marked(worst)},
        key="marked_losses",
        alt="The val and the train loss against updates, on a log scale. The updates of the worst "
        "finding are marked.",
    )
    st.caption(words.losses(curves))


def _draw_checks(evidence: "Evidence", found: "tuple[Finding, ...]") -> None:
    """Draws the list of checks, and the charts of any check, with or without a finding."""
    with st.expander("What was checked", icon=":material/checklist:", expanded=not found):
        st.markdown(words.checked(found))
        sentences = check_words.checked()
        name = st.selectbox(
            "Show the evidence of a check",
            list(sentences),
            format_func=sentences.__getitem__,
            key="looked_at",
            persist_state="session",
        )
        cards.draw_pictures(PICTURES[name], evidence, key=f"seen_{name}")
