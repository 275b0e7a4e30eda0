"""The specification of every chart, built without a page."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dashboard

EXAMPLES: dict[str, object] = {
    "str": "log10",
    "bool": False,
    "int": 5,
    "float": 1.0,
    "tuple[str, ...]": ("val", "train"),
}
"""An argument for each type of parameter that a chart function has."""

POSITIONS = {"x", "y", "xOffset", "yOffset", "row", "column", "facet"}
WITHOUT_ORDER = {"detail", "text", "tooltip", "key", "href", "url", "description"}


def chart_functions() -> Iterator[Callable[..., dict[str, Any]]]:
    """Yields each public function in a module of charts that returns a specification."""
    for module in pkgutil.walk_packages(dashboard.__path__, "dashboard."):
        last = module.name.rpartition(".")[2]
        if "chart" not in last and last != "predictions":
            continue
        for name, function in vars(importlib.import_module(module.name)).items():
            is_own = callable(function) and function.__module__ == module.name
            returned = inspect.unwrap(function).__annotations__.get("return") if is_own else None
            if returned == dict[str, Any] and not name.startswith("_"):
                yield function


def built(function: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Returns the specification for these arguments."""
    parameters = inspect.signature(function).parameters.values()
    return function(*(EXAMPLES[inspect.formatannotation(p.annotation)] for p in parameters))


def encodings(part: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields every encoding channel of a specification and of its layers, with its definition."""
    if isinstance(part, dict):
        for channel, definition in part.get("encoding", {}).items():
            if isinstance(definition, dict):
                yield channel, definition
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from encodings(inner)


CHARTS = {f"{f.__module__}.{f.__name__}": f for f in chart_functions()}


def is_ordered(channel: str, definition: dict[str, Any]) -> bool:
    """Returns whether a channel has an explicit order of categories, on an axis or in a legend."""
    if definition.get("type") not in ("nominal", "ordinal") or "field" not in definition:
        return True
    if channel in POSITIONS:
        return bool(definition.get("sort"))
    return channel in WITHOUT_ORDER or "domain" in definition.get("scale", {})


@pytest.mark.parametrize("name", CHARTS)
def test_every_category_of_a_chart_has_an_explicit_order(name: str) -> None:
    found = encodings(built(CHARTS[name]))

    assert [each for each in found if not is_ordered(*each)] == []


def test_the_charts_of_all_pages_are_found() -> None:
    pages = {name.split(".")[1] for name in CHARTS}

    assert pages >= {"lab", "draw", "diagnosis", "evidence", "seeds", "speed", "story"}


def formats(part: object) -> Iterator[str]:
    """Yields every number format of a specification."""
    if isinstance(part, dict):
        if isinstance(part.get("format"), str):
            yield part["format"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from formats(inner)


@pytest.mark.parametrize("name", CHARTS)
def test_no_number_of_a_chart_is_rounded_to_0_or_written_with_all_its_zeros(name: str) -> None:
    assert set(formats(built(CHARTS[name]))) <= {"~s", "d", ","}
