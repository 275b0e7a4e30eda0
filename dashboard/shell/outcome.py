"""The result of the run outside the page: the bar of a phone, and an announcement."""

from collections.abc import Collection
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.draw.component import component
from dashboard.shell import mirror
from dashboard.switches import BEYOND, OF_THE_POST, SWITCH

_BAR = "bar_switches"
_announce = component(Path(__file__).parent, "announcer")


def draw_bar(hidden: Collection[str] = ()) -> DeltaGenerator:
    """Draws the switches at the bottom of a narrow screen; returns the place for the val loss.

    Args:
      hidden: the groups of `sidebar.GROUPS` that are hidden.
    """
    offered = [
        name
        for group, names in (("fixes", OF_THE_POST), ("beyond", BEYOND))
        for name in names
        if group not in hidden
    ]
    # The sidebar's switches decide what is marked here.
    on = [name for name in offered if st.session_state[name]]
    key = mirror.key(_BAR, on)
    with st.bottom, st.container(gap="xxsmall", key="bar"):
        slot = st.container(key="bar_loss")
        st.pills(
            "Fixes that are on",
            offered,
            selection_mode="multi",
            default=on,
            format_func=lambda name: SWITCH[name].short,
            key=key,
            on_change=_take,
            args=(key,),
            label_visibility="collapsed",
        )
    return slot


def show(choice: Choice, val_loss: float | None, slot: DeltaGenerator) -> None:
    """Draws the val loss into the bar, and announces it.

    Args:
      val_loss: None while the run is not trained.
      slot: the bar's place for the val loss.
    """
    name = words.name(choice)
    if val_loss is None:
        _announce(data=f"{name}: training.", key="announcer")
        return
    reached = words.loss(val_loss)
    _announce(data=f"{name}: val loss {reached}.", key="announcer")
    slot.markdown(f"Val loss: **{reached}**")


def _take(key: str) -> None:
    if click := mirror.clicked(key):
        for name in {*click.before} ^ {*click.now}:
            st.session_state[name] = name in click.now
