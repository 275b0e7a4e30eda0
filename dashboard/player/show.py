"""Draws the player of a run, and below it the tables of its numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import wide
from dashboard.draw.component import component
from dashboard.player import tables
from dashboard.player.payload import names, payload
from dashboard.work import per_run
from mlp_core.diagnosis.compact import decoded

if TYPE_CHECKING:
    from mlp_core.diagnosis.compact import Compact

_draw = component(Path(__file__).parent, "player")


def show(choice: Choice, key: str = "player") -> None:
    """Draws the player, or the progress until the snapshots are taken.

    Args:
      key: unique on the page.
    """
    choice = choice.compiled  # fix 4 changes no number
    taken = per_run.snapshot_work.show(choice, f"snapshots_{key}", _TEXTS)
    if taken is None or taken.compact is None:
        return
    _draw(key=key, data=payload(choice, taken.compact))
    _draw_twin(choice, taken.compact, key)


def _progress(share: float | None) -> str:
    far = "first compiling it …" if share is None else f"{share:.0%}"
    return f"Taking snapshots of this run: {far}"


_TEXTS = per_run.Texts("Take the snapshots", "The snapshots could not be taken", _progress)


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
