"""Computes the differences of two scripts."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from mlp_core.program.render import Line

AROUND = 2
"""The number of equal lines shown before and after a change."""


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


def changes(before: Sequence[Line], after: Sequence[Line]) -> tuple[Change, ...]:
    """Returns each place where two scripts differ, from top to bottom."""
    old, new = ([line.text for line in lines] for lines in (before, after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(_change(before, after, group) for group in matcher.get_grouped_opcodes(AROUND))


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
