"""A lesson: a link with tasks in several steps that can hide groups of the sidebar."""

import re
import unicodedata
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.draw import words
from mlp_core.tasks import OWN

LONGEST = 1000
"""The maximum number of characters of all steps together."""

MOST_STEPS = 6
"""The maximum number of steps. Further lines belong to the last step."""

_TASK_KEY, _HIDDEN_KEY, _STEP_KEY = "lesson", "hide", "lesson_step"
_JOINERS = "\u200c\u200d"  # Persian words and joined emoji need them
_GOAL = re.compile(r"\s*\[val loss < (\d{1,9}(?:\.\d{1,9})?)\]$")
_LIKE_GOAL = re.compile(r"\[[^\]]*[<>=≤≥][^\]]*\]?|val\W*loss\W*[<>=≤≥].*", re.IGNORECASE)


class Goal(NamedTuple):
    """The goal of a step: a val loss below a limit."""

    below: float
    slot: DeltaGenerator
    """The place for the result on the page."""


def task() -> str:
    """Returns the task, with one step on each line; empty if there is none."""
    return str(st.session_state[_TASK_KEY])


def is_open() -> bool:
    """Returns whether the link is a lesson."""
    return bool(task() or hidden())


def hidden() -> frozenset[str]:
    """Returns the groups of `sidebar.GROUPS` that the lesson hides.

    The data are never hidden while the task is a file, because the file is chosen there.
    """
    asks_for_file = st.session_state["task"] == OWN
    return frozenset(st.session_state[_HIDDEN_KEY]) - ({"data"} if asks_for_file else set())


def plain(text: str) -> str:
    """Returns untrusted text without invisible characters, one line for each step, cut if long.

    Invisible are control characters and characters that change the direction of the text.
    """
    lines = [" ".join(line.split()) for line in text[: 10 * LONGEST].split("\n")]
    lines = [line for line in map(_visible, lines) if line]
    kept = [*lines[: MOST_STEPS - 1], " ".join(lines[MOST_STEPS - 1 :])]
    return "\n".join(filter(None, kept))[:LONGEST].strip()


def steps(text: str) -> list[tuple[str, float | None]]:
    """Returns the text of each step, and the val loss of its goal if it has one."""
    found = []
    for line in text.split("\n"):
        goal = _GOAL.search(line)
        found.append((line[: goal.start()] if goal else line, float(goal[1]) if goal else None))
    return found


def misread_goals(text: str) -> list[str]:
    """Returns the parts of lines that look like a goal, in lines without one."""
    found = (_LIKE_GOAL.search(line) for line in text.split("\n") if not _GOAL.search(line))
    return [like[0] for like in found if like]


def leave() -> None:
    """Ends the lesson: every group of the sidebar shows again. Only for callbacks."""
    st.session_state[_TASK_KEY], st.session_state[_HIDDEN_KEY] = "", []
    st.session_state[_STEP_KEY] = 1


def draw() -> Goal | None:
    """Draws the current step above the page, if there is a lesson.

    Returns the goal of the present step, for `draw_goal` once the page has its run.
    """
    if not is_open():
        return None
    all_steps = steps(task())
    place = min(int(st.session_state[_STEP_KEY]), len(all_steps))
    text, goal = all_steps[place - 1]
    with st.container(border=True, gap="xxsmall", key="lesson_banner"):
        with st.container(horizontal=True, vertical_alignment="center"):
            of = f", step {place} of {len(all_steps)}" if len(all_steps) > 1 else ""
            st.caption(f"A lesson{of}, written by whoever made this link")
            st.button("Leave the lesson", on_click=leave, icon=":material/logout:", type="tertiary")
        # Shown as it is written: a link must not bring Markdown or links of its own.
        if text:
            st.text(text)
        if hidden() and not task():
            st.text("Some controls of the sidebar are hidden.")
        slot = None if goal is None else st.container(key="lesson_goal")
        if len(all_steps) > 1:
            _draw_steps(place, len(all_steps))
    return Goal(goal, slot) if goal is not None and slot is not None else None


def draw_goal(goal: Goal, val_loss: float | None) -> None:
    """Draws whether the run on the page has reached the goal.

    Args:
      val_loss: of that run; None while it is not trained.
    """
    aim = f"Goal: a val loss below {goal.below:g}."
    if val_loss is None:
        goal.slot.caption(aim)
    elif val_loss < goal.below:
        goal.slot.success(f"{aim} Reached: {words.loss(val_loss)}.", icon=":material/check:")
    else:
        goal.slot.caption(f"{aim} Not reached yet: {words.loss(val_loss)}.")


def _draw_steps(place: int, count: int) -> None:
    with st.container(horizontal=True):
        for label, to in (("Back", place - 1), ("Next step", place + 1)):
            st.button(
                label,
                on_click=_go,
                args=(to,),
                disabled=not 1 <= to <= count,
                key=f"lesson_{label.split()[0].lower()}",
            )


def _go(place: int) -> None:
    st.session_state[_STEP_KEY] = place


def _visible(line: str) -> str:
    return "".join(
        letter for letter in line if letter in _JOINERS or unicodedata.category(letter)[0] != "C"
    ).strip()
