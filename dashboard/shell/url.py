"""The link: what the reader has chosen, by name, in the address bar and in what is copied.

Each choice is kept in `st.session_state` under its name in `PARAMETERS`, which is also the key of
the control that shows it. `settle` reads the link when a session begins and when the reader goes
back or forward in the browser's history; `write` makes the address describe the session, with at
most one new entry in that history.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

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
"""Sets all switches in a link; a switch that the link names overrides it. It is never written."""

_KEPT = "link_kept"
_PROBLEMS = "link_problems"
_PROBLEMS_OF = "link_problems_of"
_SEPARATOR = "."
_MOST_NAMED = 5


class _PartlyReadError(ValueError):
    """Some of the names in a list are unknown."""

    def __init__(self, rule: str, known: list[str]):
        super().__init__(rule)
        self.known = known


class Parameter(NamedTuple):
    """A choice of the reader, and its text in a link."""

    default: Any
    read: Callable[[str], Any]
    """Returns the value that a text stands for. Raises ValueError with the rule it breaks."""
    write: Callable[[Any], str]
    options: tuple[str, ...] = ()
    """What can be chosen, where that is a list of names."""

    @property
    def is_list(self) -> bool:
        """Whether several of the options can be chosen."""
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
    """Returns a list of names.

    Args:
      written: returns the names that a link holds for a list; by default in the order of `options`.
    """
    names = tuple(options)

    def read(text: str) -> list[str]:
        given = list(dict.fromkeys(filter(None, text.split(_SEPARATOR))))
        known = [name for name in given if name in names]
        if known != given:
            raise _PartlyReadError(f"made of {', '.join(names)}", known)
        return known

    def write(value: list[str]) -> str:
        return _SEPARATOR.join(written(value) if written else filter(value.__contains__, names))

    return Parameter(default, read, write, names)


def _hidden() -> Parameter:
    def read(text: str) -> str:
        most = setting_controls.MOST_HIDDEN_LETTERS
        if len(text) > most:
            raise ValueError(f"at most {most} characters")
        return joined(text, ", ")[:most]

    def joined(text: str, separator: str) -> str:
        try:
            return separator.join(map(str, hidden_sizes(text)))
        except ValueError:
            return text  # the page says what is wrong with it

    return Parameter(words.setting(Settings().hidden), read, lambda text: joined(text, ","))


def _lesson() -> Parameter:
    def read(text: str) -> str:
        if len(text) > lessons.LONGEST:
            raise ValueError(f"at most {lessons.LONGEST} characters")
        return lessons.plain(text)

    return Parameter("", read, lessons.plain)


def _pins() -> Parameter:
    def read(text: str) -> list[str]:
        codes, all_read = pins.read(text)
        if not all_read:
            raise _PartlyReadError(f"at most {pins.MOST} codes of runs", codes)
        return codes

    return Parameter((), read, pins.written)


def _of_grid(chosen: list[str]) -> list[str]:
    """Returns those of the chosen switches that the present grid has."""
    present = _grid_switches()
    return [name for name in present if name in chosen]


def _reordered(order: list[str]) -> list[str]:
    """Returns an order of the switches; nothing where it is the post's."""
    present = _grid_switches()
    complete = [name for name in dict.fromkeys([*order, *present]) if name in present]
    return [] if complete == present else complete


def _grid_switches() -> list[str]:
    return [SWITCH[switch].short for switch in grids.switches(st.session_state["with_beyond"])]


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
    "hide": _some_of(sidebar.GROUPS),
    # The Lab.
    "tab": _one_of(["Predictions", "Compare", "Numbers"]),
    # The Story.
    "wall_bias": _switch(),
    "scale": _number(1.0, Bounds(0.25, 4.0)),
    # The Seeds page.
    "with_beyond": _switch(),
    "unit": _one_of(["log10", "plain"]),
    "grid": _one_of(["stored grid", "computed here"]),
    "seeds": _number(grids.DEFAULT_SEEDS, Bounds(grids.FEWEST_SEEDS, grids.MOST_SEEDS)),
    "sort": _one_of(["median", "nan", "fixes", "switches"]),
    "rows": _one_of(["1–32", "33–64", "65–96", "97–128"]),
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
    """Returns what can be chosen for a parameter."""
    return PARAMETERS[name].options


def settle() -> None:
    """Gives every parameter its value in the session: from the link, or as it was.

    Streamlit forgets the value of a control that a page does not draw.
    """
    if _KEPT not in st.session_state or _has_gone_back():
        values, problems = _read(_given())
        _take(values)
        st.session_state[_PROBLEMS], st.session_state[_PROBLEMS_OF] = problems, _described()
    kept = st.session_state.setdefault(_KEPT, {})
    for name, parameter in PARAMETERS.items():
        value = st.session_state.get(name)
        # No value is a choice only where it is the default: a busy browser may send none.
        if name in st.session_state and (value is not None or parameter.default is None):
            kept[name] = value
        else:
            st.session_state[name] = kept.get(name, _fresh(parameter.default))


def parameters() -> dict[str, str]:
    """Returns the parameters that describe the session; those at their defaults are left out."""
    described = _described()
    # A link may say the same in other words: the reader's are kept.
    values, problems = _read(_given())
    return described if problems or _texts(values) != described else _given()


def write() -> None:
    """Makes the address describe the session. Only for scripts, not for callbacks."""
    wanted = parameters()
    if wanted != dict(st.query_params):
        st.query_params.from_dict(wanted)


def link(**changed: Any) -> str:
    """Returns the address of this page as the session is, or with some parameters changed."""
    texts = {name: PARAMETERS[name].write(value) for name, value in changed.items()}
    query = {name: text for name, text in parameters().items() if name not in texts}
    return to_page(query | {name: text for name, text in texts.items() if text})


def to_page(query: Mapping[str, str]) -> str:
    """Returns the address of this page with these parameters and no others."""
    address = urlsplit(st.context.url or "")
    return urlunsplit((address.scheme, address.netloc, address.path or "/", urlencode(query), ""))


def draw_problems() -> None:
    """Says what the link holds that could not be used, until the reader changes something."""
    if st.session_state[_PROBLEMS_OF] != _described():
        st.session_state[_PROBLEMS] = []
    problems = st.session_state[_PROBLEMS]
    if not problems:
        return
    named = problems[:_MOST_NAMED]
    if len(problems) > len(named):
        named = [*named, f"{len(problems) - len(named)} more parameters are not used either."]
    lines = "\n".join(f"- {problem}" for problem in named)
    with st.container(key="link_problems"):
        st.warning(f"This link was not used as it is:\n{lines}", icon=":material/link_off:")


def _has_gone_back() -> bool:
    """Returns whether the reader went back or forward in the browser's history.

    Only then may the link differ from the session on purpose: after two quick clicks the browser
    sends the link of the view before both.
    """
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _given() -> dict[str, str]:
    """Returns the parameters of the link. Of one given twice, the last counts."""
    return {name: _text(name) for name in st.query_params}


def _text(name: str) -> str:
    if name in PARAMETERS and PARAMETERS[name].is_list and PARAMETERS[name].options:
        return _SEPARATOR.join(st.query_params.get_all(name))
    return st.query_params[name]


def _read(given: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Returns the value of every parameter in a link, and what is wrong with the link."""
    values = {name: _fresh(parameter.default) for name, parameter in PARAMETERS.items()}
    problems = []
    stage = given.get(STAGE)
    if stage in STAGES:
        values |= vars(STAGES[stage])
    for name, text in given.items():
        if name == STAGE:
            if stage not in STAGES:
                problems.append(_problem(name, text, f"one of {', '.join(STAGES)}", "no stage"))
        elif name not in PARAMETERS:
            problems.append(f"There is no parameter **{words.plain(name)}**.")
        else:
            try:
                values[name] = PARAMETERS[name].read(text)
            except _PartlyReadError as error:
                values[name] = error.known
                problems.append(_problem(name, text, str(error), "what remains"))
            except ValueError as error:
                used = PARAMETERS[name].write(values[name]) or "none"
                problems.append(_problem(name, text, str(error), used))
    return values, problems


def _problem(name: str, text: str, rule: str, used: str) -> str:
    got = words.plain(text) or "nothing"
    return f"**{name}** must be {rule}, got {got}. Used instead: {words.plain(used)}."


def _take(values: Mapping[str, Any]) -> None:
    """Gives the session the values of a link."""
    for name, value in {**values, "pins": pins.with_own(values["pins"])}.items():
        if name not in st.session_state or st.session_state[name] != value:
            st.session_state[name] = value


def _described() -> dict[str, str]:
    return _texts({name: st.session_state[name] for name in PARAMETERS})


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Returns the texts of those values that are not the defaults."""
    texts = {}
    for name, parameter in PARAMETERS.items():
        text = parameter.write(values[name])
        if text != parameter.write(parameter.default):
            texts[name] = text
    return texts


def _fresh(default: Any) -> Any:
    """Returns a default as the session holds it."""
    return list(default) if isinstance(default, tuple) else default
