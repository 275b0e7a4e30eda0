"""The sidebar's controls for the settings of a training.

A setting's key is its name; `url` gives it the default.
"""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.draw import words
from dashboard.shell import own_file
from mlp_core import BOUNDS, Settings
from mlp_core.settings import DEPTH, SCHEDULES, VALIDATE, WIDTH
from mlp_core.tasks import FORMULAS, OWN, TASKS

_DEFAULTS = Settings()
_NUMBER_HELP = {
    "seed": "Everything random follows from it: data, first weights, the order of the rows.",
    "steps": "How many updates are made.",
    "batch_size": "Rows in each batch.",
    "examples": "Rows to draw: four in five train, the others validate. A table has its own.",
    "noise": "The standard deviation of what is added to each target. It leaves a loss of its "
    "square to the best rule there is. A table's targets stay as they are.",
    "learning_rate": "How far an update goes.",
    "weight_decay": "AdamW pulls each weight toward 0 by this much. Plain descent ignores it.",
    "clip_norm": "A gradient longer than this is shortened to it. Empty: never.",
}
NUMBERS = tuple(_NUMBER_HELP)
"""The settings that are one number each."""

NAMES = ("task", "validate", *NUMBERS, "hidden", "schedule")
"""Every setting that the sidebar has a control for."""

MOST_HIDDEN_LETTERS = 40

TASK = {
    "sum": "y = x₁ + x₂ + x₃ + x₄ + x₅, the post's task. A linear model solves it.",
    "product": "y = x₁x₂ + x₃x₄ + x₅. A linear model sees nothing of the products.",
    "friedman": "Friedman #1: y = 10 sin(π x₁x₂) + 20 (x₃ − ½)² + 10 x₄ + 5 x₅, features from 0 to "
    "1 and five more that do nothing. All are standardized.",
    "sine": "y = sin(2x), one feature. Without a bias before LayerNorm the network can see no more "
    "of it than its sign.",
    "length": "y = |x| of five features: the very thing that the post's network cannot see.",
    "diabetes": "442 patients: from ten measurements, how far their diabetes is a year later "
    "(Efron and others, 2004). Standardized. So few rows are soon known by heart.",
    OWN: "A file of your own, standardized and split by the seed. It stays in this session.",
}
"""What each task is, for readers."""


def draw_data() -> None:
    """Draws the choice of the data, and what belongs to it."""
    _task()
    task = st.session_state["task"]
    st.caption(TASK[task])
    own_file.draw(in_use=task == OWN)
    _validate(disabled=task in FORMULAS)
    for draw_control in _formula_controls(disabled=task not in FORMULAS).values():
        draw_control()


def draw_experiment() -> None:
    """Draws the controls of the network and its training."""
    for draw_control in _experiment_controls().values():
        draw_control()


def _formula_controls(disabled: bool = False) -> dict[str, Callable[[], object]]:
    """Returns what draws the settings that only a formula has, by name, in their order."""
    return {
        "examples": partial(_whole_number, "examples", 1000, disabled=disabled),
        "noise": partial(_number, "noise", 0.1, disabled=disabled),
    }


def _experiment_controls() -> dict[str, Callable[[], object]]:
    """Returns what draws each of the other settings, by name, in their order."""
    return {
        "seed": partial(_whole_number, "seed", 1),
        "hidden": _hidden,
        "steps": partial(_whole_number, "steps", 100),
        "batch_size": partial(_whole_number, "batch_size", 16),
        "learning_rate": partial(_number, "learning_rate", 0.001),
        "weight_decay": partial(_number, "weight_decay", 0.001),
        "schedule": _schedule,
        "clip_norm": partial(_number, "clip_norm", 0.1),
    }


def _task() -> None:
    st.selectbox(
        _label("task"),
        [*TASKS, OWN],
        [*TASKS, OWN].index(st.session_state["task"]),
        key="task",
        help="What the network is to learn: a formula, a table that ships, or a file of yours.",
    )


def _validate(disabled: bool) -> None:
    st.segmented_control(
        _label("validate"),
        VALIDATE,
        format_func={"random": "random rows", "last": "last rows"}.__getitem__,
        default=st.session_state["validate"],
        required=True,
        key="validate",
        disabled=disabled,
        help="One row in five validates. The last ones suit a table in the order of time: they are "
        "the future of the rows that train. A formula draws its rows in no order.",
    )


def _whole_number(name: str, step: int, disabled: bool = False) -> None:
    st.number_input(
        _label(name),
        int(BOUNDS[name].low),
        int(BOUNDS[name].high),
        st.session_state[name],
        step,
        key=name,
        help=_NUMBER_HELP[name],
        disabled=disabled,
    )


def _number(name: str, step: float, disabled: bool = False) -> None:
    st.number_input(
        _label(name),
        BOUNDS[name].low,
        BOUNDS[name].high,
        st.session_state[name],
        step,
        format="%g",
        key=name,
        help=_NUMBER_HELP[name],
        placeholder="none",
        disabled=disabled,
    )


def _hidden() -> None:
    st.text_input(
        _label("hidden"),
        st.session_state["hidden"],
        max_chars=MOST_HIDDEN_LETTERS,
        key="hidden",
        help=f"The width of each hidden layer: {DEPTH.low} to {DEPTH.high} layers, "
        f"{WIDTH.low} to {WIDTH.high} wide.",
    )


def _schedule() -> None:
    st.segmented_control(
        _label("schedule"),
        SCHEDULES,
        default=st.session_state["schedule"],
        required=True,
        key="schedule",
        help="Constant: the learning rate stays. Cosine: it falls to 0 along a half wave.",
    )


def _label(name: str) -> str:
    return words.SETTING[name].capitalize()
