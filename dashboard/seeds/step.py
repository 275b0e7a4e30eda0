"""The part for one step: the effect of adding fixes to given ones, by seed."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.draw import canvas, words
from dashboard.seeds import charts, sentences, tables
from dashboard.seeds.view import View, open_in_lab
from dashboard.switches import SWITCH
from mlp_core import Fixes

if TYPE_CHECKING:
    from mlp_core.analysis.paired import Paired

DIFFERENCES_KEY = "differences"
_METRIC_WIDTH = 150


def show(view: View) -> None:
    """Draws the controls of the step, its verdict, its numbers, and its seeds."""
    from mlp_core.analysis.paired import paired

    base, added = _chosen(view)
    if not added:
        st.info("Choose at least one fix to add that is not already on.", icon=":material/add:")
        return
    pair = paired(view.grid, base, added, view.unit)
    st.markdown(sentences.step(pair, added, view.unit))
    _draw_metrics(pair, view)
    left, right = st.columns([1, 2], gap="medium")
    table = tables.pairs(pair, view.grid, view.unit)
    with left:
        canvas.draw(
            charts.slopes(),
            {"slopes": tables.slopes(table)},
            key="slopes",
            alt="A line for each seed from its val loss before the step to its val loss after it.",
            full=lambda: tables.readable_seeds(table),
        )
    with right:
        canvas.draw(
            charts.differences(view.unit),
            {"pairs": table, "mean": tables.mean(pair, view.unit)},
            key=DIFFERENCES_KEY,
            alt="The effect of the step in each seed, sorted, with the mean and its 95% interval.",
            on_select=lambda: _open_seed(view, pair.after),
            full=lambda: tables.readable_seeds(table),
        )
    _draw_links(view, pair)


def _chosen(view: View) -> tuple[Fixes, tuple[str, ...]]:
    names = [SWITCH[switch].short for switch in view.switches]
    switch_of = dict(zip(names, view.switches, strict=True))
    left, right = st.columns(2, gap="medium")
    with left:
        on = _some_of(names, "Start from", "base", "If nothing is chosen, the step starts from v1.")
    with right:
        more = _some_of(names, "Add", "add")
    base = Fixes(**{switch_of[name]: True for name in on})
    return base, tuple(switch_of[name] for name in names if name in more and name not in on)


def _some_of(names: list[str], label: str, key: str, help: str | None = None) -> list[str]:
    """Draws the choice of some fixes, and returns their names."""
    present = [name for name in st.session_state[key] if name in names]
    if present != st.session_state[key]:  # the fixes beyond the post have been excluded
        st.session_state[key] = present
    return st.pills(
        label,
        names,
        selection_mode="multi",
        default=present,
        key=key,
        persist_state="session",
        help=help,
    )


def _draw_metrics(pair: "Paired", view: View) -> None:
    seeds = len(pair.seeds)
    with st.container(horizontal=True, key="step_metrics"):
        st.metric("Mean effect", sentences.drop(pair.mean, view.unit), width=_METRIC_WIDTH + 60)
        st.metric("Median effect", sentences.drop(pair.median, view.unit), width=_METRIC_WIDTH + 60)
        st.metric("Seeds improved", sentences.share(pair.helped), width=_METRIC_WIDTH)
        st.metric(
            "Ended in NaN",
            f"{pair.failures_before} → {pair.failures_after}",
            width=_METRIC_WIDTH,
            help=f"Of {seeds} runs, before and after the step. {words.RULE}",
        )
        st.metric(
            "Seeds needed",
            sentences.seeds_needed(pair),
            width=_METRIC_WIDTH,
            help="With this many seeds, the 95% interval of the mean effect would exclude zero in "
            "four of five experiments, if the mean and the spread are as seen here.",
        )


def _draw_links(view: View, pair: "Paired") -> None:
    st.caption(
        "Blue: the step helps this seed. Orange: it hurts. ✕: the run ended in NaN. Click a seed "
        "in the right chart to open its run after the step in the Lab."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="step_links"):
        st.caption("Or open with the seed of the sidebar:", width="content")
        for label, fixes in (("Before", pair.before), ("After", pair.after)):
            st.button(
                label,
                on_click=open_in_lab,
                args=(view, fixes),
                key=f"open_{label.lower()}",
                icon=":material/open_in_full:",
                type="tertiary",
            )


def _open_seed(view: View, fixes: Fixes) -> None:
    picked = st.session_state[DIFFERENCES_KEY].selection.get("run", [])
    # A click beside the points selects a line, which has no seed.
    for seed in [each["seed"] for each in picked if each.get("seed") is not None]:
        open_in_lab(view, fixes, seed)
