"""The permanent link to what the reader sees."""

from collections.abc import Collection, Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from dashboard import lessons, pins, sidebar


def permalink(task: str | None = None, hidden: Collection[str] = ()) -> str:
    """Returns the address of this page with every control, pin and tab as it is now.

    What the page itself keeps in the address stays there.

    Args:
      task: makes it a lesson with this task, which hides the groups `hidden`; None keeps the
        lesson that there is.
    """
    lesson = lessons.present() if task is None else lessons.parameters(task, hidden)
    of_frame = {pins.PARAMETER: pins.parameter(), **lesson}
    parameters: dict[str, str | list[str]] = {**sidebar.changed_controls()}
    parameters |= {name: value for name, value in of_frame.items() if value}
    shared = {*sidebar.control_names(), *of_frame}
    of_page = [name for name in st.query_params if name not in shared]
    parameters |= {name: st.query_params.get_all(name) for name in of_page}
    return to_page(parameters)


def to_page(parameters: Mapping[str, str | list[str]]) -> str:
    """Returns the address of this page with these parameters and no others."""
    address = urlsplit(st.context.url or "")
    query = urlencode(parameters, doseq=True)
    return urlunsplit((address.scheme, address.netloc, address.path or "/", query, ""))
