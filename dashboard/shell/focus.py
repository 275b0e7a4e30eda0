"""Moves the keyboard focus, where the focused control has moved or is gone."""

import time
from pathlib import Path

from dashboard.draw.component import component

_draw = component(Path(__file__).parent, "focus")


def on_button(key: str) -> None:
    """Focuses the button with a key, once the browser has drawn it."""
    _focus(f".st-key-{key} button")


def on_container(key: str) -> None:
    """Focuses a container, from which Tab leads to the controls inside."""
    _focus(f".st-key-{key}")


def _focus(selector: str) -> None:
    _draw(data={"selector": selector, "number": str(time.monotonic_ns())}, key="focus")
