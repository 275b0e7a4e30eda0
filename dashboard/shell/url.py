"""The link: all choices of the reader as URL parameters, in the address bar and in copied links.

Each choice is stored in `st.session_state` under its name in `PARAMETERS`, which is also the key of
its control. The control needs `persist_state="session"`: after a page without it, Streamlit would
otherwise return to the value that the session had before it first drew the control.

`settle` reads the link when a session starts and when the reader goes back or forward in the
browser history. `write` updates the address to match the session and adds at most one entry to the
history.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.draw import words
from dashboard.shell import pins
from dashboard.shell.grammar import PARAMETERS, SEPARATOR, STAGE, PartlyReadError
from mlp_core import STAGES

_KEPT = "link_kept"
_WRITTEN = "link_written"
_PROBLEMS = "link_problems"
_PROBLEMS_OF = "link_problems_of"
_MOST_NAMED = 5


def settle() -> None:
    """Sets every parameter in the session, from the link or from its last value."""
    if _KEPT not in st.session_state or _has_gone_back():
        values, problems = _read(_given())
        _take(values)
        st.session_state[_PROBLEMS], st.session_state[_PROBLEMS_OF] = problems, _described()
    kept = st.session_state.setdefault(_KEPT, {})
    for name, parameter in PARAMETERS.items():
        value = st.session_state.get(name)
        # None is a valid value only if it is the default: a busy browser may send no value.
        if name in st.session_state and (value is not None or parameter.default is None):
            kept[name] = value
        else:
            st.session_state[name] = kept.get(name, _fresh(parameter.default))


def parameters() -> dict[str, str]:
    """Returns the parameters that describe the session, without those at their defaults."""
    described = _described()
    # A link with other texts for the same values is kept as it is.
    values, problems = _read(_given())
    return described if problems or _texts(values) != described else _given()


def write() -> None:
    """Updates the address to match the session. Only for scripts, not for callbacks."""
    wanted, page = parameters(), urlsplit(st.context.url or "").path
    # A browser that has not received the last address yet sends an older one, which may be the
    # wanted one by chance.
    written_page, written = st.session_state.get(_WRITTEN, ("", {}))
    is_behind = written_page == page and written != wanted
    if wanted != dict(st.query_params) or is_behind:
        st.query_params.from_dict(wanted)
    st.session_state[_WRITTEN] = page, wanted


def link(**changed: Any) -> str:
    """Returns the address of this page for the session, with some parameters changed."""
    texts = {name: PARAMETERS[name].write(value) for name, value in changed.items()}
    query = {name: text for name, text in parameters().items() if name not in texts}
    defaults = {name: PARAMETERS[name].write(PARAMETERS[name].default) for name in texts}
    return to_page(query | {name: text for name, text in texts.items() if text != defaults[name]})


def to_page(query: Mapping[str, str]) -> str:
    """Returns the address of this page with only these parameters."""
    address = urlsplit(st.context.url or "")
    return urlunsplit((address.scheme, address.netloc, address.path or "/", urlencode(query), ""))


def draw_problems() -> None:
    """Draws a warning about invalid parts of the link, until the reader changes something."""
    if st.session_state[_PROBLEMS_OF] != _described():
        st.session_state[_PROBLEMS] = []
    problems = st.session_state[_PROBLEMS]
    if not problems:
        return
    named = problems[:_MOST_NAMED]
    if len(problems) > len(named):
        named = [*named, f"{len(problems) - len(named)} more parameters are ignored as well."]
    lines = "\n".join(f"- {problem}" for problem in named)
    with st.container(key="link_problems"):
        st.warning(f"Parts of this link are invalid:\n{lines}", icon=":material/link_off:")


def _has_gone_back() -> bool:
    """Returns whether the reader went back or forward in the browser history.

    Only then may the link override the session: after two quick clicks, the browser sends the link
    of the view before both.
    """
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _given() -> dict[str, str]:
    """Returns the parameters of the link. If one is given twice, the last one counts."""
    return {name: _text(name) for name in st.query_params}


def _text(name: str) -> str:
    if name in PARAMETERS and PARAMETERS[name].is_list and PARAMETERS[name].options:
        return SEPARATOR.join(st.query_params.get_all(name))
    return st.query_params[name]


def _read(given: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Returns the value of every parameter for a link, and the problems of the link."""
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
            except PartlyReadError as error:
                values[name] = error.known
                problems.append(_problem(name, text, str(error), "the valid entries"))
            except ValueError as error:
                used = PARAMETERS[name].write(values[name]) or "none"
                problems.append(_problem(name, text, str(error), used))
    return values, problems


def _problem(name: str, text: str, rule: str, used: str) -> str:
    got = words.plain(text) or "nothing"
    return f"**{name}** must be {rule}, got {got}. Used instead: {words.plain(used)}."


def _take(values: Mapping[str, Any]) -> None:
    """Sets the session to the values of a link."""
    for name, value in {**values, "pins": pins.with_own(values["pins"])}.items():
        if name not in st.session_state or st.session_state[name] != value:
            st.session_state[name] = value


def _described() -> dict[str, str]:
    return _texts({name: st.session_state[name] for name in PARAMETERS})


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Returns the texts of the values that differ from the defaults."""
    texts = {}
    for name, parameter in PARAMETERS.items():
        text = parameter.write(values[name])
        if text != parameter.write(parameter.default):
            texts[name] = text
    return texts


def _fresh(default: Any) -> Any:
    """Returns a default in the form in which the session stores it."""
    return list(default) if isinstance(default, tuple) else default
