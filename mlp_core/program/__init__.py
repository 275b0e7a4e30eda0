"""Writes the program of some switches and settings as one script, with its bugs and its fixes.

`templates/` contains the parts from which the scripts are made, and `render` resolves conditions on
switches and settings. A new switch needs an `if` block in each template where it acts.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

from mlp_core.data.table import Table, table_of
from mlp_core.program.render import Lines, Section, joined, places, rendered
from mlp_core.settings import Settings
from mlp_core.switches import Fixes
from mlp_core.tasks import FORMULAS, OWN, is_own

_TEMPLATES = Path(__file__).parent / "templates"

_PARTS = {
    "functions": ("data", "network", "optimizer", "step", "training"),
    "class": ("data", "network", "optimizer", "step", "class", "training"),
    "scan": ("data", "network", "optimizer", "scan"),
}
"""The templates of each dress (style), in the order of the script."""

DRESSES = tuple(_PARTS)
"""The styles in which a script can be written: functions, a class, or one scan."""

MOST_LETTERS = 40
"""The maximum length of a name. A longer name keeps its end, which differs more often."""

_WIDTH = 88
"""The maximum length of a line with a list of names."""


def sections(
    settings: Settings, fixes: Fixes, dress: str = "functions", source: str | None = None
) -> tuple[Section, ...]:
    """Returns the sections of the script.

    Args:
      dress: one of `DRESSES`.
      source: the name of the user's file; the script reads its numbers from `file_name`.

    Raises:
      ValueError: if the dress is unknown.
    """
    if dress not in DRESSES:
        raise ValueError(f"dress must be one of {', '.join(DRESSES)}, got {dress!r}")
    parts = [(_TEMPLATES / f"{part}.py").read_text(encoding="utf-8") for part in _PARTS[dress]]
    choice = {
        "dress": dress,
        "fixes": fixes,
        "settings": settings,
        "is_table": settings.task not in FORMULAS,
        "is_standardized": settings.task not in FORMULAS or FORMULAS[settings.task].uniform,
    }
    return rendered("\n\n".join(parts), choice, _constants(settings, file_name(settings, source)))


def file_name(settings: Settings, source: str | None = None) -> str:
    """Returns the name of the file from which a script reads its table, valid on every system.

    The name differs from `source`, because both files may be in the same folder.

    Args:
      source: the name of the user's file; None to derive the name from the task.
    """
    name = Path(source).stem if source else OWN if is_own(settings.task) else settings.task
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9-]+", "_", ascii_name)[-MOST_LETTERS:].strip("_-")
    return f"{stem or OWN}_numbers.csv"


def lines(
    settings: Settings, fixes: Fixes, dress: str = "functions", source: str | None = None
) -> Lines:
    """Returns the lines of the script with their switches; the arguments are as in `sections`."""
    return joined(sections(settings, fixes, dress, source))


def script(
    settings: Settings, fixes: Fixes, dress: str = "functions", source: str | None = None
) -> str:
    """Returns the text of the script, which needs JAX and optax and prints the losses of the run.

    The arguments are as in `sections`.
    """
    return text(lines(settings, fixes, dress, source))


def text(of: Lines) -> str:
    """Returns the text of a file with these lines."""
    return "".join(f"{line.text}\n" for line in of)


def notebook(sections: Sequence[Section]) -> str:
    """Returns a Jupyter notebook with one code cell per section, as JSON of format version 4.5."""
    cells = []
    for place, section in enumerate(sections):
        source = "\n".join(line.text for line in section.lines)
        cells.append(_cell("markdown", f"heading-{place}", f"## {section.title}"))
        code = _cell("code", f"code-{place}", source)
        cells.append(code | {"execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    of_format = {"nbformat": 4, "nbformat_minor": 5}
    return json.dumps({"cells": cells, "metadata": metadata} | of_format, indent=1) + "\n"


def excerpt(settings: Settings, fixes: Fixes, switch: str, dress: str = "functions") -> str:
    """Returns the lines of the script where a switch matters most, from at most two places.

    Args:
      switch: the name of a field of `Fixes`.
    """
    found = places(lines(settings, fixes, dress), switch)
    main = [place for place in found if len(place.lines) > 1][:2] or found
    return "\n...\n".join(dedent("\n".join(place.lines)) for place in main)


def _cell(kind: str, name: str, source: str) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": kind, "id": name, "metadata": {}, "source": lines}


def _constants(settings: Settings, table_name: str) -> dict[str, str]:
    """Returns the source code of each constant's value."""
    values = {
        "SEED": f"{settings.seed}",
        "EXAMPLES": f"{settings.examples:_}",
        "TRAIN": f"{settings.num_train:_}  # the other rows are for validation",
        "NOISE": f"{settings.noise!r}",
        "INPUTS": f"{settings.num_features}",
        "HIDDEN": f"{settings.hidden}",
        "STEPS": f"{settings.steps:_}",
        "BATCH_SIZE": f"{settings.batch_size:_}",
        "LEARNING_RATE": f"{settings.learning_rate!r}",
        "WEIGHT_DECAY": f"{settings.weight_decay!r}",
        "CLIP_NORM": f"{settings.clip_norm!r}",
    }
    table = table_of(settings.task)
    return values if table is None else values | _table_constants(table, table_name)


def _table_constants(table: Table, name: str) -> dict[str, str]:
    return {
        "TABLE": f"{_quoted(name)}  # in the folder where the script runs",
        "FEATURES": _listed([_quoted(feature) for feature in table.features]),
        "TARGET": _quoted(table.target),
    }


def _listed(items: list[str]) -> str:
    """Returns a list on one line if it fits, else with one item per line."""
    short = f"[{', '.join(items)}]"
    if len(f"FEATURES = {short}") <= _WIDTH:
        return short
    return "\n".join(["[", *(f"    {item}," for item in items), "]"])


def _quoted(text: str) -> str:
    """Returns a Python string literal with the kind of quotes that the text contains less often."""
    if text.count('"') > text.count("'"):
        return "'" + _escaped(text).replace("'", "\\'") + "'"
    return '"' + _escaped(text).replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    """Returns a text with invisible characters and the backslash escaped."""
    return "".join(
        sign if sign.isprintable() and sign != "\\" else repr(sign)[1:-1] for sign in text
    )
