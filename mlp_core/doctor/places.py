"""Locations in the user's own code."""

import ast
import linecache
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_OWN = str(Path(__file__).parent)
_LIBRARIES = tuple({_OWN, *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib"))})
_MOST = 12


class Place(NamedTuple):
    """A line of the user's code; line 0 if there is none."""

    file: str
    line: int


class Stack(NamedTuple):
    """The lines of the user's code that are executing, innermost first."""

    places: tuple[Place, ...]
    calls: tuple[tuple[str, int], ...]
    """The same calls, with the bytecode offset in place of the line where it is known."""
    is_direct: bool
    """Whether the user's code makes the call itself, not through a library."""
    is_init: bool
    """Whether the call is made inside a library's `init`."""

    @property
    def place(self) -> Place:
        """The innermost line."""
        return self.places[0] if self.places else Place("", 0)


@cache
def is_readers(file: str) -> bool:
    """Returns whether a file is the user's: not an installed package's, and not Python's own."""
    if "site-packages" in file or "dist-packages" in file or file.startswith("<frozen"):
        return False
    return not file.startswith(_LIBRARIES) and file != "<string>"


@cache
def is_jax(file: str) -> bool:
    """Returns whether a file is JAX's or this package's; such frames are skipped."""
    return file.startswith(_OWN) or "site-packages/jax/" in file.replace("\\", "/")


def _stack(frames: Iterable[tuple[str, int, str, int]]) -> Stack:
    places: list[Place] = []
    calls: list[tuple[str, int]] = []
    is_direct, is_init = True, False
    for file, line, function, at in frames:
        if is_readers(file):
            places.append(Place(file, line))
            calls.append((file, at))
            if len(places) == _MOST:
                break
        elif not is_jax(file):
            is_direct = is_direct and bool(places)
            is_init = is_init or function in ("init", "init_with_output", "lazy_init")
    return Stack(tuple(places), tuple(calls), is_direct, is_init)


def _running(frame: Any) -> Iterator[tuple[str, int, str, int]]:
    while frame is not None:
        code = frame.f_code
        yield code.co_filename, frame.f_lineno, code.co_name, frame.f_lasti
        frame = frame.f_back


def here() -> Stack:
    """Returns the lines of the user's code that are executing now."""
    return _stack(_running(sys._getframe(1)))


def of_equation(equation: Any) -> Stack:
    """Returns the lines of the user's code that traced an equation; none without a traceback."""
    traceback = getattr(equation.source_info, "traceback", None)
    frames = traceback.frames if traceback else ()
    return _stack((f.file_name, f.line_num, f.function_name, f.line_num) for f in frames)


def of_error(error: BaseException) -> Place:
    """Returns the innermost line of the user's code in a traceback."""
    place, traceback = Place("", 0), error.__traceback__
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if is_readers(file):
            place = Place(file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return place


@cache
def _discarding(file: str) -> dict[int, str]:
    """Returns the called expression for each line with a call whose result is discarded."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return {}
    bare = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    calls = [node for node in bare if isinstance(node, ast.Call)]
    return {
        line: ast.unparse(call.func)
        for call in calls
        for line in range(call.lineno, (call.end_lineno or call.lineno) + 1)
    }


def discarded(place: Place) -> str | None:
    """Returns the called expression on a line that discards its result; None on other lines."""
    return _discarding(place.file).get(place.line)


def value_of(name: str, place: Place) -> Any:
    """Returns the value of a dotted name on a line that is executing; None if there is none."""
    frame: Any = sys._getframe(1)
    while frame is not None and (frame.f_code.co_filename, frame.f_lineno) != tuple(place):
        frame = frame.f_back
    first, *rest = name.split(".")
    if frame is None or not first.isidentifier():
        return None
    value = frame.f_locals.get(first, frame.f_globals.get(first))
    for part in rest:
        value = getattr(value, part, None)
    return value
