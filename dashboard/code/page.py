"""The layout of the Code page: the answer, the downloads, the script, and the comparison."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.choice import Choice
from dashboard.code import changes, listing, words
from dashboard.shell import grammar, one_of, own_file, sidebar
from dashboard.switches import SWITCH
from dashboard.work import needed, runs
from mlp_core import STAGES, Fixes, program
from mlp_core.data.table import table_of
from mlp_core.program import notebook
from mlp_core.program.render import Line, Place, places
from mlp_core.switches import SWITCHES

QUESTION = "What code do these switches stand for?"


def show(choice: Choice) -> None:
    """Draws the page for a run."""
    answer = st.container()
    dress = one_of.choose("Written as", grammar.options("dress"), "dress", labeled=True)
    st.markdown(words.DRESSES[dress])
    lines = _lines(choice, dress)
    _draw_take_home(choice, dress, lines)
    left, right = st.columns([2, 5], gap="medium")
    with left, st.container(key="program_fixes", gap="xsmall"):
        _draw_fixes(lines, choice.fixes)
    with right:
        listing.draw(lines, choice.fixes)
        st.caption(words.MARKS)
    stage, changed = _draw_changes(choice, dress, lines)
    with answer:
        run = needed.trained_one(choice, runs.PATIENCE_SECONDS)
        st.markdown(words.answer(len(lines), run, changed, stage))


def _lines(choice: Choice, dress: str) -> list[Line]:
    return program.lines(choice.settings, choice.fixes, dress, own_file.name())


def _draw_take_home(choice: Choice, dress: str, lines: list[Line]) -> None:
    """Draws the downloads of the script, the notebook, and the table that the script reads."""
    text = program.text(lines)
    with st.container(horizontal=True, vertical_alignment="center", key="take_home"):
        with st.popover("Copy", icon=":material/content_copy:"):
            st.code(text, language="python", height=320)
        _download("Script", text, "fix_by_fix.py", "text/x-python")
        sections = program.sections(choice.settings, choice.fixes, dress, own_file.name())
        _download("Notebook", notebook(sections), "fix_by_fix.ipynb", "application/x-ipynb+json")
        table = table_of(choice.settings.task)
        if table is not None:
            name = program.file_name(choice.settings, own_file.name())
            _download("Data", table.as_csv, name, "text/csv")
            st.caption(f"The script reads `{name}` from its working directory.", width="content")


def _draw_fixes(lines: Sequence[Line], fixes: Fixes) -> None:
    """Draws copies of the sidebar's switches, with links to their lines."""
    for switch in SWITCHES:
        with st.container(gap=None, key=f"fix_{switch}"):
            sidebar.draw_switch_again(switch, f"flip_{switch}")
            found = places(list(lines), switch)
            idle = "" if found else SWITCH[switch].idle(fixes)
            st.markdown(f":small[{idle or _links(found)}]")


def _links(found: Sequence[Place]) -> str:
    """Returns links to the lines that a switch determines."""
    if not found:
        return "No separate line in this style."
    many = len(found) > 1 or len(found[0].lines) > 1
    links = [f"[{_numbers(place)}](#{listing.ANCHOR}{place.first})" for place in found]
    return f"{'Lines' if many else 'Line'} {', '.join(links)}"


def _numbers(place: Place) -> str:
    last = place.first + len(place.lines) - 1
    return f"{place.first}" if last == place.first else f"{place.first}–{last}"


def _draw_changes(choice: Choice, dress: str, lines: list[Line]) -> tuple[str, tuple[int, int]]:
    """Draws the differences from a stage. Returns its name and the lines removed and added."""
    st.header("Side by side", anchor="changes")
    stages = grammar.options("against")
    stage = st.selectbox(
        "Compare with stage",
        stages,
        stages.index(st.session_state["against"]),
        key="against",
        persist_state="session",
        width=240,
    )
    found = changes.differences(_lines(choice._replace(fixes=STAGES[stage]), dress), lines)
    if found:
        changes.draw(found, (stage, "This script"))
    else:
        st.info("Flip a switch or choose another stage to see differences.")
    gone = sum(row.changed for change in found for row in change.before)
    new = sum(row.changed for change in found for row in change.after)
    return stage, (gone, new)


def _download(label: str, content: str | Callable[[], str], name: str, kind: str) -> None:
    st.download_button(
        label,
        content,
        name,
        kind,
        on_click="ignore",
        icon=":material/download:",
        key=f"take_{label.lower()}",
    )
