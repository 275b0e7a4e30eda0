"""Renders a template as the script for one choice of switches, settings, and dress.

A template is a Python file. Three constructs in it are resolved here:

- `if` blocks whose condition names only `dress`, `fixes`, `settings`, `is_table`, and
  `is_standardized` (with `elif` and `else`): the chosen branch replaces the block.
- `LINE  # if CONDITION`: the line is kept only if the condition is true.
- `NAME = value` in the settings at the top: the value is replaced by that of the choice.

Each `Line` records the switches in the conditions that selected it. `# %% TITLE` begins a section.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

_CONDITIONAL = re.compile(r"^(?P<code>.*\S)  # if (?P<condition>.+)$")
_BRANCH = re.compile(r"^(?P<indent> *)(?P<word>if|elif|else)(?: (?P<condition>.+))?:$")
_CONSTANT = re.compile(r"^(?P<name>[A-Z][A-Z_]*) = ")
_SECTION = "# %% "


class Line(NamedTuple):
    """A line of a script."""

    text: str
    switches: tuple[str, ...] = ()
    """The switches that determine the content of the line."""


Lines = list[Line]


class Section(NamedTuple):
    """A part of a script: a cell of the notebook."""

    title: str
    lines: Lines


class Place(NamedTuple):
    """Consecutive lines of a script that one switch determines."""

    first: int
    """The number of the first line, counted from 1."""
    lines: tuple[str, ...]


def rendered(
    template: str, choice: Mapping[str, Any], constants: Mapping[str, str]
) -> tuple[Section, ...]:
    """Returns the script in its sections; the first one is called "Settings".

    Args:
      choice: the values of the names that conditions may use.
      constants: the source code of the value of each constant.
    """
    sections: list[tuple[str, Lines]] = [("Settings", [])]
    for line in _resolved(template.splitlines(), choice, ()):
        if line.text.startswith(_SECTION):
            sections.append((line.text.removeprefix(_SECTION), []))
        else:
            sections[-1][1].append(line)
    (title, settings), *others = sections
    first = Section(title, _spaced(_with_values(settings, constants), most=1))
    return (first, *(Section(title, _spaced(lines, most=2)) for title, lines in others))


def joined(sections: Iterable[Section]) -> Lines:
    """Returns the lines of all sections, with two blank lines between sections."""
    lines: Lines = []
    for section in sections:
        lines += [Line("")] * (2 if lines else 0) + section.lines
    return lines


def places(lines: Lines, switch: str) -> tuple[Place, ...]:
    """Returns the places in the script where a switch acts."""
    found = []
    for acts, group in groupby(enumerate(lines, 1), lambda item: switch in item[1].switches):
        if acts:
            numbered = list(group)
            found.append(Place(numbered[0][0], tuple(line.text for _, line in numbered)))
    return tuple(found)


def _resolved(
    lines: Sequence[str], choice: Mapping[str, Any], switches: tuple[str, ...]
) -> Iterator[Line]:
    """Yields the lines that a choice keeps, each with the switches in its conditions.

    Args:
      switches: the switches in the conditions of the enclosing blocks.
    """
    place = 0
    while place < len(lines):
        line, end = lines[place], place + 1
        if (found := _CONDITIONAL.match(line)) is not None:
            if _holds(found["condition"], choice):
                yield Line(found["code"], switches + _switches(found["condition"]))
        elif _opens_block(line, choice):
            end = _end_of_block(lines, place)
            branch, decided = _chosen_branch(lines[place:end], choice)
            yield from _resolved(branch, choice, switches + decided)
        else:
            yield Line(line, switches if line else ())
        place = end


def _opens_block(line: str, choice: Mapping[str, Any]) -> bool:
    """Returns whether a line begins an `if` block about the choice, not an `if` of the script."""
    head = _BRANCH.match(line)
    if head is None or head["word"] != "if":
        return False
    nodes = ast.walk(ast.parse(head["condition"], mode="eval"))
    return {node.id for node in nodes if isinstance(node, ast.Name)} <= choice.keys()


def _end_of_block(lines: Sequence[str], place: int) -> int:
    """Returns the index after the last line of the `if` block that begins at `place`."""
    indent, end = _indent(lines[place]), place + 1
    for number, line in enumerate(lines[place + 1 :], place + 1):
        head = _BRANCH.match(line)
        continues = head is not None and head["word"] != "if" and _indent(line) == indent
        if line and _indent(line) <= indent and not continues:
            break
        end = number + 1 if line else end  # blank lines after the block stay outside
    return end


def _chosen_branch(
    block: Sequence[str], choice: Mapping[str, Any]
) -> tuple[list[str], tuple[str, ...]]:
    """Returns the branch of a block that a choice selects, and the switches in its conditions."""
    indent = _indent(block[0])
    heads = [n for n, line in enumerate(block) if _indent(line) == indent and _BRANCH.match(line)]
    switches: tuple[str, ...] = ()
    for head, end in pairwise([*heads, len(block)]):
        condition = _BRANCH.match(block[head])["condition"] or "True"  # type: ignore[index]
        switches += _switches(condition)
        if _holds(condition, choice):
            branch = [line[4:] for line in block[head + 1 : end]]
            return branch, tuple(dict.fromkeys(switches))
    return [], ()


def _holds(condition: str, choice: Mapping[str, Any]) -> bool:
    return bool(_value(ast.parse(condition, mode="eval").body, choice))


def _value(node: ast.expr, choice: Mapping[str, Any]) -> Any:
    """Returns the value of an expression in a condition.

    Raises:
      ValueError: if it contains anything but names, attributes, constants, `not`, and `==`.
    """
    match node:
        case ast.Name(id=name):
            return choice[name]
        case ast.Attribute(value=owner, attr=name):
            return getattr(_value(owner, choice), name)
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, choice)
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return _value(left, choice) == _value(right, choice)
    raise ValueError(
        "a condition may contain only names, attributes, constants, `not`, and `==`, got "
        f"{ast.unparse(node)}"
    )


def _switches(condition: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\bfixes\.(\w+)", condition))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _with_values(lines: Iterable[Line], constants: Mapping[str, str]) -> Iterator[Line]:
    """Yields the lines with the values of the choice; a long list is split over several lines."""
    for line in lines:
        name = found["name"] if (found := _CONSTANT.match(line.text)) else ""
        texts = [line.text]
        if name in constants:
            texts = f"{name} = {constants[name]}".splitlines()
        yield from (line._replace(text=text) for text in texts)


def _spaced(lines: Iterable[Line], most: int) -> Lines:
    """Returns the lines of a section, without the extra blank lines that removed lines leave.

    Args:
      most: the maximum number of consecutive blank lines at the top level; in a body it is one.
    """
    spaced: Lines = []
    blanks = 0
    for line in lines:
        if not line.text:
            blanks += 1
            continue
        allowed = min(blanks, 1 if line.text.startswith(" ") else most)
        spaced += [Line("")] * (allowed if spaced else 0) + [line]
        blanks = 0
    return spaced
