"""What the run on the page reached, outside the page: bar on a phone, tab's title, announcement."""

from collections.abc import Collection, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.switches import BEYOND, OF_THE_POST, SWITCH

_BAR = "bar_switches"
_SPEAK = st.components.v2.component(
    "fix_by_fix_announcer",
    html='<p aria-live="polite"></p>',
    css="p { position: absolute; width: 1px; height: 1px; overflow: hidden; margin: 0; "
    "clip-path: inset(50%); }",
    js="""
export default function ({data, parentElement}) {
  const line = parentElement.querySelector("p"), before = line.dataset.text;
  line.dataset.text = data;
  if (before && before !== data) line.textContent = data;
}
""",
)
"""Has a screen reader say a text when it changes, but not when the page opens."""


def draw_bar(hidden: Collection[str] = ()) -> DeltaGenerator:
    """Draws the switches at the bottom of a narrow screen; returns where the val loss belongs.

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
    st.session_state[_BAR] = on
    with st.bottom, st.container(gap="xxsmall", key="bar"):
        slot = st.container(key="bar_loss")
        st.pills(
            "Fixes that are on",
            offered,
            selection_mode="multi",
            default=on,
            format_func=lambda name: SWITCH[name].short,
            key=_BAR,
            on_change=_take,
            args=(offered,),
            label_visibility="collapsed",
        )
    return slot


def show(choice: Choice, val_loss: float | None, page: str, slot: DeltaGenerator | None) -> None:
    """Draws what the run reached into the bar, the tab's title, and the announcement.

    Args:
      val_loss: None while the run is not trained.
      page: the page's title.
      slot: where the bar has room for it; None on a page without the bar.
    """
    name = words.name(choice)
    reached = "training" if val_loss is None else f"val loss {words.loss(val_loss)}"
    if slot is not None:
        _SPEAK(data=f"{name}: {reached}.", key="announcer")
    if val_loss is None:
        return
    reached = words.loss(val_loss)
    st.set_page_config(f"{name}: {reached} - {page} - Fix by Fix")
    if slot is not None:
        slot.markdown(f"Val loss: **{reached}**")


def _take(offered: Sequence[str]) -> None:
    for name in offered:
        st.session_state[name] = name in st.session_state[_BAR]
