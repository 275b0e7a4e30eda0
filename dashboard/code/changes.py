"""Finds and draws the differences of two scripts: side by side, or stacked on a narrow screen."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape
from typing import NamedTuple

import streamlit as st

from dashboard.switches import SWITCH
from mlp_core.program.render import Line

AROUND = 2
"""The number of equal lines shown before and after a change."""

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


class Row(NamedTuple):
    """A line of one of the scripts."""

    number: int
    """The line number, from 1."""
    text: str
    changed: bool


class Change(NamedTuple):
    """A place where the scripts differ, with the surrounding lines."""

    before: tuple[Row, ...]
    after: tuple[Row, ...]
    switches: tuple[str, ...]
    """The switches that determine the lines."""


def differences(before: Sequence[Line], after: Sequence[Line]) -> tuple[Change, ...]:
    """Returns each place where two scripts differ, from top to bottom."""
    old, new = ([line.text for line in lines] for lines in (before, after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(_change(before, after, group) for group in matcher.get_grouped_opcodes(AROUND))


def draw(changes: Sequence[Change], names: tuple[str, str]) -> None:
    """Draws each place where two scripts differ.

    Args:
      names: those of the scripts, before and after.
    """
    drawn = "".join(_as_html(change, names) for change in changes)
    st.html(f'{STYLE}<div class="changes">{drawn}</div>')


def _change(
    before: Sequence[Line], after: Sequence[Line], group: list[tuple[str, int, int, int, int]]
) -> Change:
    rows: tuple[list[Row], list[Row]] = ([], [])
    switches: dict[str, None] = {}
    for kind, *ends in group:
        changed = kind != "equal"
        for side, lines, begin, end in zip(
            rows, (before, after), ends[::2], ends[1::2], strict=True
        ):
            for place in range(begin, end):
                side.append(Row(place + 1, lines[place].text, changed))
                switches |= dict.fromkeys(lines[place].switches if changed else ())
    return Change(tuple(rows[0]), tuple(rows[1]), tuple(switches))


def _as_html(change: Change, names: tuple[str, str]) -> str:
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
