"""The differences of two scripts, side by side, or stacked on a narrow screen."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from dashboard.code.comparison import Change, Row
from dashboard.switches import SWITCH

STYLE = """<style>
.changes { display: grid; gap: 1rem; }
.changes .place { margin: 0 0 0.25rem; font-weight: 600; }
.changes .sides { display: grid; gap: 0.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.changes pre { margin: 0; padding: 0.4rem 0; border-radius: 0.5rem;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent);
  font: 0.78rem/1.55 "Source Code Pro", ui-monospace, monospace; }
.changes .line { display: block; padding: 0 0.5rem 0 3.9rem; text-indent: -1.2rem;
  min-height: 1.55em; white-space: pre-wrap; overflow-wrap: anywhere; }
.changes .line::before { content: attr(data-number) " " attr(data-sign); display: inline-block;
  width: 2.4rem; margin: 0 0.3rem 0 -2.7rem; text-indent: 0; text-align: right; white-space: pre;
  user-select: none; }
.changes .gone { background: color-mix(in srgb, #d55e00 16%, transparent); }
.changes .new { background: color-mix(in srgb, #0072b2 17%, transparent); }
</style>"""


def draw(changes: Sequence[Change], names: tuple[str, str]) -> None:
    """Draws each place where two scripts differ.

    Args:
      names: those of the scripts, before and after.
    """
    drawn = "".join(_change(change, names) for change in changes)
    st.html(f'{STYLE}<div class="changes">{drawn}</div>')


def _change(change: Change, names: tuple[str, str]) -> str:
    sides = zip((change.before, change.after), names, (("−", "gone"), ("+", "new")), strict=True)
    drawn = "".join(_side(rows, name, mark) for rows, name, mark in sides)
    title = ", ".join(SWITCH[switch].label for switch in change.switches) or "Other lines"
    return f'<div><p class="place">{escape(title)}</p><div class="sides">{drawn}</div></div>'


def _side(rows: Sequence[Row], name: str, mark: tuple[str, str]) -> str:
    sign, kind = mark
    lines = "".join(
        f'<span class="line {kind if row.changed else ""}" data-number="{row.number}" '
        f'data-sign="{sign if row.changed else " "}">{escape(row.text)}</span>'
        for row in rows
    )
    return f'<pre role="region" aria-label="{escape(name)}"><code>{lines}</code></pre>'
