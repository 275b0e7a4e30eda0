"""After a flip: the changed lines of the program, why they matter, and the effect on each seed."""

from dataclasses import replace

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw import canvas, seed_strip
from dashboard.lab import sentences
from dashboard.lab.view import View
from dashboard.shell import own_file, url
from dashboard.switches import SWITCH
from dashboard.work import grids
from mlp_core.analysis.agreement import agreement
from mlp_core.analysis.scores import turned_on
from mlp_core.program.changes import changed_lines
from mlp_core.switches import NUMERIC_SWITCHES, SWITCHES

_MOST = 2
"""The largest number of flipped switches whose lines are shown; the post's second fix has two."""


def show(shown: View) -> None:
    """Draws what differs from the run before, if only one or two switches differ."""
    if shown.before is None or shown.before.settings != shown.choice.settings:
        return
    switches = flipped(shown.before, shown.choice)
    if not 0 < len(switches) <= _MOST:
        return
    fixes = shown.before.fixes, shown.choice.fixes
    lines = changed_lines(shown.choice.settings, *fixes, own_file.name())
    with st.container(gap="xsmall", key="flipped"):
        for name in switches:
            state = "on" if getattr(shown.choice.fixes, name) else "off"
            why = SWITCH[name].idle(shown.choice.fixes) or SWITCH[name].why
            st.markdown(f"**{SWITCH[name].label}** is now {state}. {why}")
        if not lines:
            return
        st.code("\n".join(lines), language="diff", wrap_lines=True)
        st.page_link(
            "pages/code.py",
            label="Read the whole program",
            icon=":material/code:",
            query_params=url.parameters(),
        )
        _draw_seeds(shown.before, shown.choice, switches)


def _draw_seeds(before: Choice, after: Choice, switches: list[str]) -> None:
    """Draws the effect of the flipped fixes on each seed, if the stored grid has these runs.

    Two fixes that were flipped in opposite directions have no common effect.
    """
    grid = grids.stored_for(after.settings)
    numeric = tuple(name for name in switches if name in NUMERIC_SWITCHES)
    if grid is None or not numeric or len({getattr(after.fixes, name) for name in numeric}) > 1:
        return
    without = before if getattr(after.fixes, numeric[0]) else after
    # Fix 4 changes no loss, so the grid has only runs without it.
    base = replace(without.fixes, jit_step=False)
    if not {base, turned_on(base, numeric)} <= set(grid.combinations):
        return
    found = agreement(grid, base, numeric)
    st.markdown(sentences.agreement(found, len(numeric)))
    canvas.draw(
        seed_strip.chart(),
        seed_strip.tables(found.seeds, found.before, found.after, found.factor),
        key="seed_strip",
        alt="A tick for each seed: the val loss with the flipped fixes, divided by that without. "
        "Ticks to the left of the dashed line, at 1, are seeds with a lower loss.",
    )


def flipped(before: Choice, after: Choice) -> list[str]:
    """Returns the switches that differ."""
    return [name for name in SWITCHES if getattr(before.fixes, name) != getattr(after.fixes, name)]
