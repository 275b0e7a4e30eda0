"""The suspects: a checkbox for each, and the button to accuse."""

import streamlit as st

from dashboard.detective import state, words
from dashboard.switches import SWITCH
from mlp_core.game import Case


def show(case: Case) -> None:
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
    key = f"suspect_{switch}"
    st.session_state[key] = switch in state.suspected()
    st.checkbox(
        SWITCH[switch].bug,
        st.session_state[key],
        key=key,
        help=SWITCH[switch].help,
        on_change=_take,
        args=(switch, key),
    )


def _take(switch: str, key: str) -> None:
    state.suspect(switch, st.session_state[key])
