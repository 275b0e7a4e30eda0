"""The parameters of a link: for each its default, its parser, and its formatter."""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import streamlit as st

from dashboard.draw import words
from dashboard.shell import lessons, pins, setting_controls, sidebar
from dashboard.switches import SWITCH
from dashboard.work import grids
from mlp_core import BOUNDS, STAGES, Fixes, Settings
from mlp_core.game import LEVELS, MOST_CASES
from mlp_core.program import DRESSES
from mlp_core.settings import SCHEDULES, VALIDATE, Bounds, hidden_sizes
from mlp_core.switches import NUMERIC_SWITCHES
from mlp_core.tasks import OWN, TASKS

STAGE = "stage"
"""Sets all switches. Parameters of single switches override it. It is read but never written."""

SEPARATOR = "."

GUESSES = ("falls", "stays", "rises")
"""What a reader can predict in the tour (`dashboard.lab.tour`)."""

TOUR_STEPS = 6

ROWS_PER_PAGE = 32
"""How many combinations the Seeds page shows at once."""


class PartlyReadError(ValueError):
    """Some entries of a list are invalid; `known` has the valid ones."""

    def __init__(self, rule: str, known: list[str]):
        super().__init__(rule)
        self.known = known


class Parameter(NamedTuple):
    """A parameter of a link, which stores one choice of the reader."""

    default: Any
    read: Callable[[str], Any]
    """Parses a text. Raises ValueError with the rule that the text breaks."""
    write: Callable[[Any], str]
    options: tuple[str, ...] = ()
    """The allowed names, if the parameter has a list of them."""

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return isinstance(self.default, tuple)


def _switch() -> Parameter:
    def read(text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise ValueError("true or false")
        return text.lower() == "true"

    return Parameter(False, read, lambda value: str(value).lower())


def _number(default: float | None, bounds: Bounds) -> Parameter:
    is_whole = isinstance(default, int)
    kind = "a whole number" if is_whole else "a number"
    form = ",d" if is_whole else "g"
    rule = f"{kind} from {format(bounds.low, form)} to {format(bounds.high, form)}"

    def read(text: str) -> float | None:
        if default is None and not text:
            return None
        try:
            value = float(text)
        except ValueError:
            raise ValueError(rule) from None
        if not bounds.low <= value <= bounds.high or (is_whole and not value.is_integer()):
            raise ValueError(rule)
        return int(value) if is_whole else value

    def write(value: float | None) -> str:
        return "" if value is None else str(value).removesuffix(".0")

    return Parameter(default, read, write)


def _one_of(options: Collection[str], default: str | None = None) -> Parameter:
    names = tuple(options)

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return text

    return Parameter(default or names[0], read, str, names)


def _some_of(
    options: Collection[str],
    default: tuple[str, ...] = (),
    written: Callable[[list[str]], list[str]] | None = None,
) -> Parameter:
    """Returns the parameter of a list of names.

    Args:
      written: returns the names to write for a value; by default in the order of `options`.
    """
    names = tuple(options)

    def read(text: str) -> list[str]:
        given = list(dict.fromkeys(filter(None, text.split(SEPARATOR))))
        known = [name for name in given if name in names]
        if known != given:
            raise PartlyReadError(f"a list of {', '.join(names)}", known)
        return known

    def write(value: list[str]) -> str:
        return SEPARATOR.join(written(value) if written else filter(value.__contains__, names))

    return Parameter(default, read, write, names)


def _hidden() -> Parameter:
    def read(text: str) -> str:
        most = setting_controls.MOST_HIDDEN_LETTERS
        if len(text) > most:
            raise ValueError(f"at most {most} characters long")
        return joined(text, ", ")[:most]

    def joined(text: str, separator: str) -> str:
        try:
            return separator.join(map(str, hidden_sizes(text)))
        except ValueError:
            return text  # the page draws the error

    return Parameter(words.setting(Settings().hidden), read, lambda text: joined(text, ","))


def _lesson() -> Parameter:
    def read(text: str) -> str:
        if len(text) > lessons.LONGEST:
            raise ValueError(f"at most {lessons.LONGEST} characters long")
        return lessons.plain(text)

    return Parameter("", read, lessons.plain)


def _pins() -> Parameter:
    def read(text: str) -> list[str]:
        codes, all_read = pins.read(text)
        if not all_read:
            raise PartlyReadError(f"a list of at most {pins.MOST} run codes", codes)
        return codes

    return Parameter((), read, pins.written)


def _of_grid(chosen: list[str]) -> list[str]:
    """Returns the chosen switches that the current grid varies."""
    present = _grid_switches()
    return [name for name in present if name in chosen]


def _reordered(order: list[str]) -> list[str]:
    """Returns an order of all switches, or an empty list if it is the post's order."""
    present = _grid_switches()
    complete = [name for name in dict.fromkeys([*order, *present]) if name in present]
    return [] if complete == present else complete


def _grid_switches() -> list[str]:
    return [SWITCH[switch].short for switch in grids.switches(st.session_state["with_beyond"])]


def _row_pages() -> list[str]:
    """Returns the names of the pages of all combinations: "1–32", "33–64", and so on."""
    firsts = range(0, 2 ** len(NUMERIC_SWITCHES), ROWS_PER_PAGE)
    return [f"{first + 1}–{first + ROWS_PER_PAGE}" for first in firsts]


_SWITCH_NAMES = tuple(SWITCH[switch].short for switch in NUMERIC_SWITCHES)

PARAMETERS: dict[str, Parameter] = {
    # The frame.
    **{name: _switch() for name in vars(Fixes())},
    "task": _one_of([*TASKS, OWN], Settings().task),
    **{name: _number(getattr(Settings(), name), BOUNDS[name]) for name in setting_controls.NUMBERS},
    "hidden": _hidden(),
    "schedule": _one_of(SCHEDULES, Settings().schedule),
    "validate": _one_of(VALIDATE, Settings().validate),
    "pins": _pins(),
    "lesson": _lesson(),
    "lesson_step": _number(1, Bounds(1, lessons.MOST_STEPS)),
    "hide": _some_of(sidebar.GROUPS),
    # The Lab.
    "tab": _one_of(["Predictions", "Compare", "Numbers"]),
    "watch": _switch(),
    "tour": _number(0, Bounds(0, TOUR_STEPS)),
    "guess": _one_of(["none", *GUESSES]),
    # The Story.
    "watch_batches": _switch(),
    "watch_bound": _switch(),
    "wall_bias": _switch(),
    "scale": _number(1.0, Bounds(0.25, 4.0)),
    # The Seeds page.
    "with_beyond": _switch(),
    "unit": _one_of(["log10", "plain"]),
    "grid": _one_of(["stored grid", "computed here"]),
    "seeds": _number(grids.DEFAULT_SEEDS, Bounds(grids.FEWEST_SEEDS, grids.MOST_SEEDS)),
    "sort": _one_of(["median", "nan", "fixes", "switches"]),
    "rows": _one_of(_row_pages()),
    "view": _one_of(["Order", "One step", "Numbers"]),
    "order": _some_of(_SWITCH_NAMES, written=_reordered),
    "base": _some_of(_SWITCH_NAMES, ("keys", "batches"), _of_grid),
    "add": _some_of(_SWITCH_NAMES, ("init",), _of_grid),
    # Code.
    "dress": _one_of(DRESSES, "functions"),
    "against": _one_of(STAGES),
    # The Detective.
    "level": _one_of(LEVELS),
    "case": _number(1, Bounds(1, MOST_CASES)),
}
"""Every parameter of a link, by name."""


def options(name: str) -> tuple[str, ...]:
    """Returns the allowed names of a parameter."""
    return PARAMETERS[name].options
