"""The accusation: a checkbox for each suspect, and afterwards the verdict on each."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.detective import state, words
from dashboard.evidence import check_words
from dashboard.player import show as player
from dashboard.shell import mirror, url
from dashboard.switches import SWITCH
from mlp_core.game import Case

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence
    from mlp_core.game import Verdict


def draw_suspects(case: Case) -> None:
    """Draws the suspects of the case's level, and the buttons that end the case."""
    st.header("Accuse", anchor=False)
    st.markdown(words.how_to_accuse(case))
    columns = st.columns(2, gap="medium")
    half = (len(case.level.suspects) + 1) // 2
    for place, switch in enumerate(case.level.suspects):
        with columns[place // half]:
            _draw_suspect(switch)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Accuse",
            on_click=state.accuse,
            icon=":material/gavel:",
            disabled=not state.suspected(),
            key="accuse",
        )
        st.button(
            "Give up and show the bugs",
            on_click=state.give_up,
            icon=":material/flag:",
            type="tertiary",
            key="give_up",
        )


def _draw_suspect(switch: str) -> None:
    shown = switch in state.suspected()
    key = mirror.key(f"suspect_{switch}", shown)
    st.checkbox(
        SWITCH[switch].bug,
        shown,
        key=key,
        help=SWITCH[switch].help,
        on_change=_take,
        args=(state.suspect, switch, key),
    )


def _take(change: Callable[[str, bool], None], switch: str, key: str) -> None:
    if click := mirror.clicked(key):
        change(switch, click.now)


def show(
    case: Case, verdicts: "Sequence[Verdict]", evidence: "Evidence", points: int, paid: int
) -> None:
    """Draws the verdict on each suspect.

    Args:
      paid: the number of probes paid for.
    """
    st.header("Verdict", anchor=False)
    draw = st.success if state.is_solved(case) else st.warning
    draw(words.verdict(case, verdicts, state.gave_up()))
    readings = words.readings(evidence)
    concerned = [verdict for verdict in verdicts if verdict.outcome != "cleared"]
    columns = st.columns(2, gap="medium")
    for place, verdict in enumerate(concerned):
        with columns[place % 2], st.container(border=True, key=f"verdict_{verdict.switch}"):
            _draw_text(verdict, words.reason(verdict, readings))
            if verdict.outcome in ("right", "missed"):
                _draw_actions(verdict)
    st.markdown(words.cleared(verdicts))
    watch = st.session_state["watch"]
    if st.toggle("Watch it learn", watch, key="watch", persist_state="session"):
        player.show(Choice(case.fixes, case.settings))
    st.markdown("**Share** the result and a link to the case, without its solution:")
    link = url.to_page({state.LEVEL: case.level.name, state.NUMBER: str(case.number)})
    summary = words.summary(case, points, state.streak(), verdicts, paid, link)
    st.code(summary, language=None, wrap_lines=True)


def _draw_text(verdict: "Verdict", reason: str) -> None:
    label, color, _ = words.OUTCOMES[verdict.outcome]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{SWITCH[verdict.switch].bug}**", width="content")
        st.badge(label, color=color)  # type: ignore[arg-type]
    st.markdown(f"**{words.GAVE_AWAY[verdict.outcome]}** {reason}")
    if verdict.symptom is not None:
        st.markdown(f"**Why it hurts.** {check_words.text(verdict.symptom).why}")


def _draw_actions(verdict: "Verdict") -> None:
    switch = verdict.switch
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = switch in state.healed()
        key = mirror.key(f"heal_{switch}", shown)
        st.toggle(
            f"Fix it: {SWITCH[switch].label}",
            shown,
            key=key,
            on_change=_take,
            args=(state.heal, switch, key),
        )
        if verdict.symptom is not None:
            is_marked = state.pointed_out() == switch
            st.button(
                "Marked on the curve" if is_marked else "Mark on the curve",
                on_click=state.point_out,
                args=(switch,),
                icon=":material/my_location:",
                type="tertiary",
                disabled=is_marked,
                key=f"mark_{switch}",
            )
