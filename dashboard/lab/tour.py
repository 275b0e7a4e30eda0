"""The guided tour of the first bug: see the symptom, predict, flip the fix, compare with seeds."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from dashboard.choice import Choice
from dashboard.draw.words import loss
from dashboard.lab import sentences
from dashboard.shell import sidebar, url
from dashboard.shell.grammar import TOUR_STEPS
from dashboard.switches import SWITCH
from dashboard.work import grids, runs
from mlp_core import Fixes, Settings
from mlp_core.engine.training import Run
from mlp_core.game import LEVELS, MOST_CASES, case

_FIX = "whole_batches"
GUESSES = {
    "falls": "It falls by more than a tenth.",
    "stays": "It changes by less than a tenth.",
    "rises": "It rises by more than a tenth, or becomes NaN.",
}
"""The predictions to choose from, by their names in a link."""

_BUGGY, _FIXED = Choice(), Choice(Fixes(whole_batches=True))
_LEVEL = next(iter(LEVELS))
_ALIKE = 0.1  # a relative difference up to this counts as no change


class Outcome(NamedTuple):
    """The effect of the flip on the val loss."""

    guess: str
    """The name of the correct prediction in `GUESSES`."""
    text: str


def is_open() -> bool:
    """Returns whether the tour is open."""
    return int(st.session_state["tour"]) > 0


def begin() -> None:
    """Opens the tour at the post's first program, with the player. Only for callbacks."""
    sidebar.show(_BUGGY)
    st.session_state["watch"], st.session_state["guess"] = True, "none"
    _go(1)


def end() -> None:
    """Closes the tour and leaves the switches as they are. Only for callbacks."""
    _go(0)


def show() -> None:
    """Draws the current step, and the buttons to the other steps."""
    place = int(st.session_state["tour"])
    if not _is_shown(place):
        _draw_return(place)
        return
    step = _STEPS[place - 1]
    with st.container(border=True, gap="xsmall", key="tour"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Find the first bug · {place} of {TOUR_STEPS}: {step.title}**")
            _draw_end()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            with st.container(key="tour_text"):
                can_go_on = step.draw()
            _draw_ways(place, can_go_on)


def _is_shown(place: int) -> bool:
    """Returns whether the page shows a run that the sentences of a step describe."""
    described = [run.compiled for run in _STEPS[place - 1].runs]
    chosen = sidebar.chosen_run()
    return not described or (chosen is not None and chosen.compiled in described)


def _draw_return(place: int) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="tour"):
        st.markdown(f"Step {place} of the tour describes another run.", width="content")
        wanted = _STEPS[place - 1].runs[0]
        st.button("Show that run", on_click=sidebar.show, args=(wanted,), key="tour_return")
        _draw_end()


def _draw_end() -> None:
    st.button("End the tour", on_click=end, icon=":material/close:", type="tertiary", key="end")


def _draw_ways(place: int, can_go_on: bool) -> None:
    with st.container(horizontal=True, width="content"):
        if place > 1:
            st.button("Back", on_click=_go, args=(place - 1,), key="tour_back")
        if place < TOUR_STEPS:
            st.button(
                "Next",
                on_click=_go,
                args=(place + 1,),
                type="primary",
                disabled=not can_go_on,
                key="tour_next",
            )


def _go(place: int) -> None:
    """Opens a step, and sets the controls of the page that the step links to."""
    st.session_state["tour"] = place
    if place and not _is_shown(place):
        sidebar.show(_STEPS[place - 1].runs[0])
    if place == 5:
        st.session_state.update(view="One step", base=[], add=[SWITCH[_FIX].short])


def _symptom() -> bool:
    run, mean = _trained(_BUGGY), runs.baselines(Settings()).predict_mean
    how = (
        "Press **Play** or **Replay**"
        if st.session_state["watch"]
        else "Turn on **Watch it learn**"
    )
    ended = f"It ends at val loss {loss(run.final_val_loss)}. " if run else ""
    st.markdown(
        f"This is the post's first program. {ended}Always predicting the mean reaches "
        f"{loss(mean)}, so the network is worse than no network. {how}, and watch the strip of "
        "minibatches. When does the network move?"
    )
    return True


def _predict() -> bool:
    run = _trained(_BUGGY)
    empty = f"{sentences.fed(run)} " if run else ""
    st.markdown(
        f"{empty}Fix 3 slices every minibatch from one shuffled order of all rows, so that each "
        "one has rows. What does it do to the val loss?"
    )
    guess = st.session_state["guess"]
    names = list(GUESSES)
    chosen = st.radio(
        "Your prediction",
        names,
        index=names.index(guess) if guess in names else None,
        format_func=GUESSES.__getitem__,
        key="tour_guess",
        on_change=_take_guess,
        label_visibility="collapsed",
    )
    return chosen is not None


def _take_guess() -> None:
    st.session_state["guess"] = st.session_state["tour_guess"] or "none"


def _flip() -> bool:
    st.markdown("Now turn the fix on, and watch the strip again.")
    sidebar.draw_switch_again(_FIX, "tour_switch")
    return bool(st.session_state[_FIX])


def _compare() -> bool:
    runs.wait([_BUGGY, _FIXED], runs.LONGEST_PATIENCE_SECONDS)
    before, after = _trained(_BUGGY), _trained(_FIXED)
    if before is None or after is None:
        st.markdown("The runs are being trained. Press **Back** and **Next** in a moment.")
        return True
    found = outcome(before, after, runs.baselines(Settings()).predict_mean)
    guess = st.session_state["guess"]
    said = f" You predicted: *{GUESSES[guess]}*" if guess in GUESSES else ""
    verdict = "" if not said else " **Right.**" if guess == found.guess else " **Not this time.**"
    st.markdown(f"{found.text}{said}{verdict}")
    return True


def outcome(before: Run, after: Run, predict_mean: float) -> Outcome:
    """Returns the effect of the flip, and the prediction that was correct."""
    old, new = before.final_val_loss, after.final_val_loss
    side = "below" if new < predict_mean else "not below"
    text = (
        f"The val loss went from {loss(old)} to {loss(new)}, {side} always predicting the mean "
        f"({loss(predict_mean)})."
    )
    if abs(new - old) <= _ALIKE * old:
        return Outcome("stays", text)
    return Outcome("falls" if new < old else "rises", text)  # a run that ends in NaN rises


def _seeds() -> bool:
    grid = grids.stored_for(Settings())
    if grid is None:
        st.markdown("The stored grid of seeds cannot be read, so this step has no numbers.")
        return True
    from mlp_core.analysis.agreement import agreement

    st.markdown(
        f"One seed can be luck. {sentences.agreement(agreement(grid, Fixes(), (_FIX,)))} "
        "Fix 2b prevents the NaN: LayerNorm's random gains make some seeds unstable."
    )
    _draw_link("pages/seeds.py", "See every seed", ":material/scatter_plot:")
    return True


def _detective() -> bool:
    st.markdown(
        "You saw a symptom, predicted, changed one thing, and checked it with seeds. Now find a "
        "bug that nobody has told you about."
    )
    if _FIX in case(st.session_state["level"], st.session_state["case"]).bugs:
        st.session_state.update(level=_LEVEL, case=_unknown_case())
    link = f"Open case {st.session_state['case']} of the Detective"
    _draw_link("pages/detective.py", link, ":material/search:")
    return True


def _unknown_case() -> int:
    """Returns the number of the first case without the bug of the tour."""
    return next(
        number for number in range(1, MOST_CASES + 1) if _FIX not in case(_LEVEL, number).bugs
    )


def _draw_link(page: str, label: str, icon: str) -> None:
    st.page_link(page, label=label, icon=icon, query_params=url.parameters())


def _trained(choice: Choice) -> Run | None:
    runs.job(choice)
    return runs.known(choice)


class _Step(NamedTuple):
    """A step of the tour."""

    title: str
    draw: Callable[[], bool]
    """Draws the step, and returns whether Next is enabled."""
    runs: tuple[Choice, ...]
    """The runs that the step describes; it opens with the first one. Empty if it describes none."""


_STEPS = (
    _Step("the symptom", _symptom, (_BUGGY,)),
    _Step("your prediction", _predict, (_BUGGY,)),
    _Step("flip the fix", _flip, (_BUGGY, _FIXED)),
    _Step("the outcome", _compare, (_FIXED,)),
    _Step("other seeds", _seeds, ()),
    _Step("a bug of your own to find", _detective, ()),
)
