"""What a script is put together from: lines that know which switch decides them."""

from collections.abc import Iterable
from itertools import groupby
from textwrap import dedent
from typing import NamedTuple


class Line(NamedTuple):
    """A line of a script."""

    text: str
    switches: tuple[str, ...] = ()
    """The switches that make it what it is."""


Lines = list[Line]


class Section(NamedTuple):
    """A part of a script that is read by itself, and a cell of the notebook."""

    title: str
    lines: Lines


class Place(NamedTuple):
    """Where a switch acts: lines that follow each other."""

    first: int
    """The number of its first line, from 1."""
    lines: tuple[str, ...]


def code(text: str, *switches: str) -> Lines:
    """Returns the lines of a piece of code, without what indents them all."""
    return [Line(line, switches) for line in dedent(text).strip("\n").split("\n")]


def indented(lines: Iterable[Line], levels: int = 1) -> Lines:
    """Returns the lines further in."""
    return [
        line._replace(text=4 * levels * " " + line.text) if line.text else line for line in lines
    ]


def apart(parts: Iterable[Lines], blank: int = 2) -> Lines:
    """Returns all parts, with blank lines between them."""
    joined: Lines = []
    for part in parts:
        joined += [Line("")] * (blank if joined else 0) + part
    return joined


def places(lines: Lines, switch: str) -> tuple[Place, ...]:
    """Returns where a switch acts."""
    found = []
    for acts, stretch in groupby(enumerate(lines, 1), lambda item: switch in item[1].switches):
        if acts:
            numbered = list(stretch)
            found.append(Place(numbered[0][0], tuple(line.text for _, line in numbered)))
    return tuple(found)
