"""The sidebar's controls for the settings of a run.

The key of a control is the name of its setting, and `url` sets its default.
"""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.draw import words
from dashboard.shell import one_of, own_file
from mlp_core import BOUNDS, Settings
from mlp_core.settings import DEPTH, SCHEDULES, VALIDATE, WIDTH
from mlp_core.tasks import FORMULAS, OWN, TASKS

_DEFAULTS = Settings()
_NUMBER_HELP = {
    "seed": "Determines all random numbers: data, initial weights, and the order of the rows.",
    "steps": "The number of updates.",
    "batch_size": "The number of rows in each minibatch.",
    "examples": "How many rows to draw: four in five train, the others validate. Not used for "
    "tables.",
    "noise": "The standard deviation of the noise added to each target. Even the best model then "
    "has a loss of its square. Not used for tables.",
    "learning_rate": "The step size of an update.",
    "weight_decay": "How much AdamW pulls each weight toward 0. Plain gradient descent ignores it.",
    "clip_norm": "A gradient with a larger norm is scaled down to this norm. Empty: no clipping.",
}
NUMBERS = tuple(_NUMBER_HELP)
"""The settings that are a single number."""

NAMES = ("task", "validate", *NUMBERS, "hidden", "schedule")
"""All settings that have a control in the sidebar."""

MOST_HIDDEN_LETTERS = 40

TASK = {
    "sum": "y = x₁ + x₂ + x₃ + x₄ + x₅, the post's task. A linear model solves it.",
    "product": "y = x₁x₂ + x₃x₄ + x₅. A linear model cannot represent the products.",
    "friedman": "Friedman #1: y = 10 sin(π x₁x₂) + 20 (x₃ − ½)² + 10 x₄ + 5 x₅, features from 0 to "
    "1 and five more without effect. All are standardized.",
    "sine": "y = sin(2x), one feature. Without a bias before LayerNorm, the predictions depend "
    "only on the sign of x.",
    "length": "y = |x| of five features. The post's network cannot see the length of x.",
    "diabetes": "442 patients: the progression of diabetes after a year, from ten measurements "
    "(Efron et al., 2004). Standardized. A network soon memorizes this few rows.",
    OWN: "Your own file, standardized and split by the seed. Only this session can use it.",
}
"""A description of each task for readers."""


def draw_data() -> None:
    """Draws the controls of the data."""
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
    """Returns the functions that draw the settings of formulas, by name, in display order."""
    return {
        "examples": partial(_whole_number, "examples", 1000, disabled=disabled),
        "noise": partial(_number, "noise", 0.1, disabled=disabled),
    }


def _experiment_controls() -> dict[str, Callable[[], object]]:
    """Returns the functions that draw the other settings, by name, in display order."""
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
        persist_state="session",
        help="What the network learns: a formula, the built-in table, or your own file.",
    )


def _validate(disabled: bool) -> None:
    one_of.choose(
        _label("validate"),
        VALIDATE,
        "validate",
        shown={"random": "random rows", "last": "last rows"}.__getitem__,
        labeled=True,
        disabled=disabled,
        help="One row in five validates. Choose the last rows if a table is sorted by time, so "
        "that they come after the rows that train. The rows of a formula have no order.",
    )


def _whole_number(name: str, step: int, disabled: bool = False) -> None:
    st.number_input(
        _label(name),
        int(BOUNDS[name].low),
        int(BOUNDS[name].high),
        st.session_state[name],
        step,
        key=name,
        persist_state="session",
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
        persist_state="session",
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
        persist_state="session",
        help=f"The width of each hidden layer: {DEPTH.low} to {DEPTH.high} layers with "
        f"{WIDTH.low} to {WIDTH.high} units each.",
    )


def _schedule() -> None:
    one_of.choose(
        _label("schedule"),
        SCHEDULES,
        "schedule",
        labeled=True,
        help="Constant: the learning rate stays the same. Cosine: it falls to 0 on a cosine curve.",
    )


def _label(name: str) -> str:
    return words.SETTING[name].capitalize()
