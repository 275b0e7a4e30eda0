"""What stands around every page: the navigation on top and the switches at the side."""

from contextvars import ContextVar
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.choice import Choice
from dashboard.draw import words
from dashboard.shell import lessons, outcome, own_file, pins, sidebar, style, to_lab, url
from dashboard.work import jobs, pace, runs
from mlp_core import Fixes, Settings, set_up_cpu
from mlp_core.engine import setup
from mlp_core.tasks import OWN

TITLE = "Fix by Fix"
_ICON = Path(__file__).with_name("icon.svg")
_drawn = ContextVar("frame_is_drawn", default=False)
_WITHOUT_EFFECT = {"detective": sidebar.GROUPS, "story": ("stage", "fixes", "beyond")}
"""The groups of the sidebar that a page makes no use of, by its address."""
_OUT_OF_SIGHT = "Your switches are out of sight here. They stay as you left them."
_SIDEBAR_WIDTH = 312  # the stages fit into two rows
_WHERE_SETTINGS_ARE = (
    " Change it under **Data** or **Experiment** in the sidebar, which » at the top opens on a "
    "phone."
)
_CLICK_FIRST_LINK = """<script>
const wait = setInterval(() => {
  const link = document.querySelector(".st-key-menu a");
  if (link) { clearInterval(wait); link.click(); }
}, 20);
</script>"""


def run() -> None:
    """Draws the frame and runs the page that the reader has chosen."""
    # Both before a training imports JAX.
    set_up_cpu()
    setup.keep_compiled()
    is_embedded = st.context.is_embedded
    sidebar_state: Literal["collapsed"] | int = "collapsed" if is_embedded else _SIDEBAR_WIDTH
    st.set_page_config(TITLE, _ICON, layout="wide", initial_sidebar_state=sidebar_state)
    with pace.crowd().page_of(jobs.reader()):
        page = _navigation()
        style.draw()
        url.settle()
        links = None if is_embedded else st.container(horizontal=True, key="menu")
        unused = _WITHOUT_EFFECT.get(page.url_path, ())
        sidebar.draw({*unused, *lessons.hidden()}, _OUT_OF_SIGHT if unused else "")
        pins.drop_unreadable()
        if links is not None:
            with links:
                _draw_links(page)
        if to_lab.is_asked():
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
            bar = None if unused else outcome.draw_bar()
            page.run()
            _draw_outcome(page, goal, bar)
        finally:
            _drawn.reset(drawn)


def current_fixes() -> Fixes:
    """Returns the fixes that are switched on."""
    ensure_drawn()
    return sidebar.chosen_fixes()


def current_settings() -> Settings:
    """Returns the settings in the sidebar; stops the page with a message if they make no run."""
    ensure_drawn()
    try:
        return sidebar.chosen_settings()
    except own_file.FileMissingError as missing:
        own_file.show_problem(missing)
        st.stop()
    except ValueError as error:
        # It may quote a link, and whoever made the link is not the one who reads it.
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


def _navigation() -> st.Page:
    return st.navigation(_pages(), position="hidden")


def _pages() -> list[st.Page]:
    return [
        st.Page("pages/lab.py", title="Lab", default=True),
        st.Page("pages/story.py", title="Story"),
        st.Page("pages/seeds.py", title="Seeds"),
        st.Page("pages/diagnosis.py", title="Diagnosis"),
        st.Page("pages/speed.py", title="Speed"),
        st.Page("pages/code.py", title="Code"),
        st.Page("pages/detective.py", title="Detective"),
    ]


def _draw_links(current: st.Page) -> None:
    """Draws the ways to the other pages, with everything that the reader has chosen.

    Streamlit's own navigation leaves the parameters behind: to write them again would add a second
    entry to the browser's history.
    """
    for page in _pages():
        label = f"**{page.title}**" if page.url_path == current.url_path else page.title
        st.page_link(page, label=label, query_params=url.parameters())


def _follow_first_link() -> None:
    """Has the browser go to the Lab: from here it would add two entries to its history."""
    st.html(_CLICK_FIRST_LINK, unsafe_allow_javascript=True)


def _warm_up() -> None:
    """Begins the process's first training: JAX comes and compiles while the page is drawn."""
    try:
        runs.warm_up(Choice(sidebar.chosen_fixes(), sidebar.chosen_settings()))
    except (own_file.FileMissingError, ValueError):
        return  # the page says what is wrong


def _draw_outcome(page: st.Page, goal: lessons.Goal | None, bar: DeltaGenerator | None) -> None:
    """Draws what the run that the sidebar describes has reached, once the page has trained it."""
    try:
        choice = Choice(sidebar.chosen_fixes(), sidebar.chosen_settings())
    except (own_file.FileMissingError, ValueError):
        return  # the page says what is wrong
    run = runs.known(choice)
    val_loss = None if run is None else run.final_val_loss
    if goal is not None:
        lessons.draw_goal(goal, val_loss)
    if bar is None:
        st.set_page_config(f"{page.title} - {TITLE}")
    else:
        outcome.show(choice, val_loss, page.title, bar)


def ensure_drawn() -> None:
    """Runs the app from its entry file where a page runs without it.

    The first request after a start does, if it is a deep link: Streamlit then still takes `pages/`
    for its older kind of app. Declaring the navigation ends that.
    """
    if not _drawn.get():
        _navigation()
        st.rerun()
