"""The frame around every page: the navigation at the top and the sidebar."""

from contextvars import ContextVar
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.shell import lessons, menu, outcome, own_file, pins, sidebar, style, to_lab, url
from dashboard.work import jobs, pace, runs
from mlp_core import Fixes, Settings, set_up_cpu
from mlp_core.engine import setup
from mlp_core.tasks import OWN

TITLE = "Fix by Fix"
_ICON = Path(__file__).with_name("icon.svg")
_drawn = ContextVar("frame_is_drawn", default=False)
_OUT_OF_SIGHT = "Your switches are hidden on this page. They keep their values."
_SIDEBAR_WIDTH = 312  # the stages fit into two rows
_WHERE_SETTINGS_ARE = (
    " Change it under **Data** or **Experiment** in the sidebar. On a phone, » at the top opens "
    "the sidebar."
)
# The block gives each run of the script its own constants; without it, the second click of a reader
# would declare them again, which is an error.
_CLICK_FIRST_LINK = """<script>
{
  // The browser may run this twice for one click of the reader.
  const isSecond = performance.now() - (window.lastLeaving ?? -Infinity) < 1000;
  window.lastLeaving = performance.now();
  const wait = !isSecond && setInterval(() => {
    const link = document.querySelector(".st-key-menu a");
    if (link) { clearInterval(wait); link.click(); }
  }, 20);
}
</script>"""


def run() -> None:
    """Draws the frame and runs the selected page."""
    # Both must run before a training imports JAX.
    set_up_cpu()
    setup.keep_compiled()
    is_embedded = st.context.is_embedded
    sidebar_state: Literal["collapsed"] | int = "collapsed" if is_embedded else _SIDEBAR_WIDTH
    page, entry = menu.current()
    to_lab.arrive(entry.name)
    url.settle()
    unused = entry.unused
    # A file of the reader's own may be gone, which only the sidebar finds out.
    title = _tab_title(page, bool(unused) or st.session_state["task"] == OWN)
    st.set_page_config(title, _ICON, layout="wide", initial_sidebar_state=sidebar_state)
    with pace.crowd().page_of(jobs.reader()):
        style.draw()
        links = None if is_embedded else st.container(horizontal=True, key="menu")
        sidebar.draw({*unused, *lessons.hidden()}, _OUT_OF_SIGHT if unused else "")
        pins.drop_unreadable()
        if links is not None:
            with links:
                menu.draw(entry)
        if to_lab.is_asked(entry.name):
            if links is None:  # embedded, so there is no link and no history to keep short
                st.switch_page("pages/lab.py", query_params=url.parameters())
            _follow_first_link()
        else:
            url.write()
        _warm_up()
        drawn = _drawn.set(True)
        try:
            goal = lessons.draw()
            url.draw_problems()
            if st.session_state["task"] == OWN and "data" not in unused:
                own_file.draw_reading()
            bar = None if unused else outcome.draw_bar(lessons.hidden())
            page.run()
            _draw_outcome(goal, bar)
            # The browser draws the whole page again for each call of this function.
            if (trained := _tab_title(page, bool(unused))) != title:
                st.set_page_config(trained)
        finally:
            _drawn.reset(drawn)


def current_fixes() -> Fixes:
    """Returns the fixes chosen in the sidebar."""
    ensure_drawn()
    return sidebar.chosen_fixes()


def current_settings() -> Settings:
    """Returns the settings in the sidebar. If they are invalid, draws an error and stops."""
    ensure_drawn()
    try:
        return sidebar.chosen_settings()
    except own_file.FileMissingError as missing:
        own_file.show_problem(missing)
        st.stop()
    except ValueError as error:
        # The message may quote a link, whose text is untrusted.
        problem = words.plain(words.in_labels(str(error)), 300)
        where = "" if lessons.hidden() & {"data", "experiment"} else _WHERE_SETTINGS_ARE
        st.error(f"{problem}.{where}", icon=":material/error:")
        st.button(
            "Use the post's settings",
            on_click=sidebar.reset_settings,
            icon=":material/restart_alt:",
            key="reset_settings",
        )
        st.stop()


def current_choice() -> Choice:
    """Returns the run that the sidebar describes."""
    return Choice(current_fixes(), current_settings())


def _follow_first_link() -> None:
    """Makes the browser open the Lab. If the server did, its history would get two new entries."""
    st.html(_CLICK_FIRST_LINK, unsafe_allow_javascript=True)


def _warm_up() -> None:
    """Starts the first training of the process: JAX is imported while the page is drawn."""
    if choice := sidebar.chosen_run():
        runs.warm_up(choice)


def _tab_title(page: st.Page, without_run: bool) -> str:
    """Returns the title of the browser tab, with the run that the sidebar describes if trained.

    Args:
      without_run: whether to leave the run out.
    """
    choice = None if without_run else sidebar.chosen_run()
    run = runs.known(choice) if choice else None
    shown = f"{words.name(choice)}: {words.loss(run.final_val_loss)} - " if choice and run else ""
    return f"{shown}{page.title} - {TITLE}"


def _draw_outcome(goal: lessons.Goal | None, bar: DeltaGenerator | None) -> None:
    """Draws the result of the run that the sidebar describes, after the page has trained it."""
    choice = sidebar.chosen_run()
    if choice is None:
        return
    run = runs.known(choice)
    val_loss = None if run is None else run.final_val_loss
    if goal is not None:
        # Pages about other runs show the goal without a result.
        lessons.draw_goal(goal, None if bar is None else val_loss)
    if bar is not None:
        outcome.show(choice, val_loss, bar)


def ensure_drawn() -> None:
    """Restarts the script from the entry file if a page was run directly.

    This happens if the first request after a start is a deep link: Streamlit then treats `pages/`
    as an app of its older kind until the navigation is declared. A page that does not read the
    switches calls this function first.
    """
    if not _drawn.get():
        menu.current()
        st.rerun()
