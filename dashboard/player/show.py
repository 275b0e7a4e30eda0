"""Draws the player of a run, and below it the tables of its numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import wide, words
from dashboard.draw.component import component
from dashboard.player import tables
from dashboard.player.payload import names, payload
from dashboard.work import panel, snapshots
from mlp_core.diagnosis.compact import decoded

if TYPE_CHECKING:
    from mlp_core.diagnosis.compact import Compact

LONG_SECONDS = 5.0
"""If the estimate is longer, snapshots are taken only when the reader asks."""

_PATIENCE_SECONDS = 1.0
_draw = component(Path(__file__).parent, "player")


def show(choice: Choice, key: str = "player") -> None:
    """Draws the player, or the progress until the snapshots are taken.

    Args:
      key: unique on the page.
    """
    choice = choice.compiled  # fix 4 changes no number
    offer, seconds = None, snapshots.estimated_seconds(choice)
    if snapshots.jobs.find(choice) is None and seconds > LONG_SECONDS:
        offer = f"Take the snapshots (about {words.duration(1000 * seconds)})"
    failed = "The snapshots could not be taken"
    work = snapshots.jobs.panel(choice, f"snapshots_{key}", failed, _progress)
    if not panel.show(work, offer, _PATIENCE_SECONDS):
        return
    latest = snapshots.jobs.start(choice).latest
    if latest is None or latest.compact is None:
        return
    _draw(key=key, data=payload(choice, latest.compact))
    _draw_twin(choice, latest.compact, key)


def _progress(share: float | None) -> str:
    far = "first compiling it …" if share is None else f"{share:.0%}"
    return f"Taking snapshots of this run: {far}"


def _draw_twin(choice: Choice, compact: "Compact", key: str) -> None:
    """Draws the expander of the tables. Their rows are made and sent only while it is open."""
    opened = st.expander(
        "Tables *of the player*",
        icon=":material/table:",
        type="compact",
        key=f"twin_{key}",
        on_change="rerun",
    )
    if not opened.open:
        return
    numbers = decoded(compact)
    with opened:
        wide.table(
            tables.updates(compact, numbers),
            f"{key}_updates",
            "The recorded updates, with the losses and the number of dead units.",
            hide_index=True,
        )
        update = st.selectbox(
            "Units and weights after update", compact.updates, key=f"{key}_update"
        )
        record = compact.updates.index(update)
        wide.table(
            tables.units(compact, numbers, record),
            f"{key}_units",
            "The hidden units after this update.",
            hide_index=True,
        )
        weights = tables.weights(compact, numbers, record, names(choice)[0])
        if weights is not None:
            wide.table(weights, f"{key}_weights", "The weights after this update.", hide_index=True)
