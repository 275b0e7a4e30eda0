"""The pages, and the menu with a link to each."""

from typing import NamedTuple

import streamlit as st

from dashboard.shell import sidebar, url


class Entry(NamedTuple):
    """A page of the app."""

    name: str
    """The name of its script in `pages/`, and its URL path. The first page has the path `/`."""
    title: str
    unused: tuple[str, ...] = ()
    """The groups of the sidebar that have no effect on the page, which therefore hides them."""


PAGES = (
    Entry("lab", "Lab"),
    Entry("story", "Story", unused=("stage", "fixes", "beyond")),
    Entry("seeds", "Seeds"),
    Entry("diagnosis", "Diagnosis"),
    Entry("speed", "Speed"),
    Entry("code", "Code"),
    Entry("detective", "Detective", unused=tuple(sidebar.GROUPS)),
)
"""Every page, in the order of the menu."""


def current() -> tuple[st.Page, Entry]:
    """Declares the pages to Streamlit, and returns the one that the reader has opened."""
    page = st.navigation(_pages(), position="hidden")
    return page, next(entry for entry in PAGES if entry.title == page.title)


def draw(here: Entry) -> None:
    """Draws links to all pages, which keep the parameters of the current link.

    Streamlit's own navigation drops the parameters. Writing them again would add a second entry to
    the browser history.
    """
    for page in _pages():
        label = f"**{page.title}**" if page.title == here.title else page.title
        st.page_link(page, label=label, query_params=url.parameters())


def _pages() -> list[st.Page]:
    return [
        st.Page(f"pages/{entry.name}.py", title=entry.title, default=entry == PAGES[0])
        for entry in PAGES
    ]
