"""The layout of the Detective page: a case's curves and log, the probes, and the suspects."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.detective import pictures, probes, state, verdict, words
from dashboard.draw import canvas, line_charts
from dashboard.draw.words import NO_CURVE
from dashboard.evidence import waiting
from dashboard.work import needed
from mlp_core.game import LEVELS, MOST_CASES, Case

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence, Finding
    from mlp_core.engine.training import Run
    from mlp_core.game import Verdict

QUESTION = "Can you find the bug from its symptoms?"

_LOSSES_HEIGHT = 340


def show() -> None:
    """Draws the current case."""
    case = state.current()
    points = state.points(case, probes.spent(case))
    st.markdown(words.state(case, points, state.is_solved(case) if state.is_over() else None))
    if not state.is_over():
        st.caption(words.task(case))
    _draw_choice(case)
    choice = Choice(case.fixes, case.settings)
    run = needed.trained_one(choice)
    evidence = waiting.evidence(choice) if run is not None else None
    if run is None or evidence is None:
        return
    if _tells_nothing(evidence):
        state.skip_seed()
        st.rerun()
    found = _verdicts(case, evidence) if state.is_over() else ()
    _draw_run(case, run, found)
    if state.is_over():
        paid = [name for name in state.probed() if name not in case.level.free]
        verdict.show(case, found, evidence, points, len(paid))
        probes.show(case, evidence)
    else:
        probes.show(case, evidence)
        verdict.draw_suspects(case)


def _tells_nothing(evidence: "Evidence") -> bool:
    """Returns whether the trained network predicts a constant, which hides its other bugs."""
    from mlp_core.diagnosis.checks.network import is_constant

    return is_constant(evidence.probes)


def _verdicts(case: Case, evidence: "Evidence") -> "tuple[Verdict, ...]":
    from mlp_core import game

    return game.verdicts(case, state.accused(), evidence)


def _draw_choice(case: Case) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="choice"):
        # A container of its own aligns the labels, although the number input is taller.
        with st.container(horizontal=True, width="content"):
            st.pills(
                "Level",
                list(LEVELS),
                default=st.session_state[state.LEVEL],
                key=state.LEVEL,
                persist_state="session",
                required=True,
            )
            st.number_input(
                "Case",
                1,
                MOST_CASES,
                st.session_state[state.NUMBER],
                step=1,
                key=state.NUMBER,
                persist_state="session",
                width=140,
            )
        st.button(
            "Next case",
            on_click=state.open_case,
            args=(case.level.name, case.number % MOST_CASES + 1),
            icon=":material/arrow_forward:",
            key="next_case",
        )
        if state.streak():
            st.markdown(words.streak(state.streak()), width="content")


def _draw_run(case: Case, run: "Run", found: "Sequence[Verdict]") -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        _draw_curves(case, run, found)
    with right:
        st.markdown("**What the program printed**")
        st.code(words.log(run), language=None, wrap_lines=True)


def _draw_curves(case: Case, run: "Run", found: "Sequence[Verdict]") -> None:
    healed = [switch for switch in case.bugs if switch in state.healed()]
    other = None
    if healed:
        fixes = replace(case.fixes, **dict.fromkeys(healed, True))
        other = needed.trained_one(Choice(fixes, case.settings))
    shown = pictures.loss_tables(run, other, "fixed", _symptom(found))
    if shown["curves"].empty:
        st.info(NO_CURVE)
        return
    canvas.draw(
        line_charts.losses(_LOSSES_HEIGHT),
        shown,
        key="detective_losses",
        alt="The val and the train loss against updates, on a log scale. After the verdict also "
        "the val loss of the fixed run, and the updates with a symptom.",
    )
    if other is not None:
        st.markdown(words.healing(run, other, healed, case.bugs))


def _symptom(found: "Sequence[Verdict]") -> "Finding | None":
    """Returns the symptom to mark: that of the bug the reader chose, otherwise the first one."""
    can_be = {verdict.switch: verdict.symptom for verdict in found if verdict.symptom is not None}
    return can_be.get(state.pointed_out(), next(iter(can_be.values()), None))
