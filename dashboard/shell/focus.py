"""Moves the keyboard focus, where the focused control has moved or is gone."""

import streamlit as st


def on(key: str) -> None:
    """Focuses the button in the element or container with a key, once the browser has drawn it."""
    st.html(
        f'<script>document.querySelector(".st-key-{key} button:enabled")?.focus();</script>',
        unsafe_allow_javascript=True,
    )
