"""Moves the keyboard focus, where the focused control has moved or is gone."""

import time

import streamlit as st


def on_button(key: str) -> None:
    """Focuses the button with a key, once the browser has drawn it."""
    _focus(f".st-key-{key} button")


def on_container(key: str) -> None:
    """Focuses a container, from which Tab leads to the controls inside."""
    _focus(f".st-key-{key}")


def _focus(selector: str) -> None:
    # The browser runs a script only if its text has changed, hence the time. Without a block, its
    # constant would still exist when the next one runs.
    st.html(
        f"""<script>{{
  const at = document.querySelector("{selector}");  // {time.monotonic_ns()}
  if (at?.tabIndex < 0) at.tabIndex = -1;
  at?.focus();
}}</script>""",
        unsafe_allow_javascript=True,
    )
