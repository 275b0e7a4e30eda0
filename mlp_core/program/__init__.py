"""The program that the switches stand for: one script of our own, with its bugs and its fixes.

A script is put together from `lines` that know their switch: `header`, `examples`, `network`,
`update` and `loop` each make a part, and `functions`, `classes` and `whole` make a script of them.
A new switch is a piece of code in one of the parts, marked with its name.
"""

import re
import unicodedata
from pathlib import Path
from textwrap import dedent

from mlp_core.fixes import Fixes
from mlp_core.program import classes, functions, header, whole
from mlp_core.program.examples import examples
from mlp_core.program.lines import Lines, Section, apart, places
from mlp_core.settings import Settings
from mlp_core.table import OWN, is_own

MOST_LETTERS = 40
"""How much of a file's name is kept. The end is: with its beginning, two names could be equal."""

DRESSES = {"functions": functions, "class": classes, "scan": whole}
"""How a script may be written: the module that makes it."""


def sections(
    settings: Settings, fixes: Fixes, dress: str = "functions", source: str | None = None
) -> tuple[Section, ...]:
    """Returns the script in its parts.

    Args:
      dress: one of `DRESSES`.
      source: what the reader's own file is called; the script reads its numbers from `file_name`.

    Raises:
      ValueError: if there is no such dress.
    """
    if dress not in DRESSES:
        raise ValueError(f"dress must be one of {', '.join(DRESSES)}, got {dress!r}")
    form = DRESSES[dress]
    settings_lines = apart(
        [
            header.docstring(form.SAYS),
            header.imports(settings, fixes),
            header.constants(settings, fixes, file_name(settings, source)),
        ],
        blank=1,
    )
    return (
        Section("Settings", settings_lines),
        Section("Data", examples(settings)),
        *form.sections(settings, fixes),
    )


def file_name(settings: Settings, source: str | None = None) -> str:
    """Returns the name of the file that a script reads its table from, valid on every system.

    It differs from `source`, which may lie in the same folder.

    Args:
      source: what the reader's own file is called; named after the task by default.
    """
    name = Path(source).stem if source else OWN if is_own(settings.task) else settings.task
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9-]+", "_", ascii_name)[-MOST_LETTERS:].strip("_-")
    return f"{stem or OWN}_numbers.csv"


def lines(
    settings: Settings, fixes: Fixes, dress: str = "functions", source: str | None = None
) -> Lines:
    """Returns the script as lines that know their switch; the arguments are those of `sections`."""
    parts = sections(settings, fixes, dress, source)
    return apart([part.lines for part in parts])


def script(
    settings: Settings, fixes: Fixes, dress: str = "functions", source: str | None = None
) -> str:
    """Returns the program of these switches and settings as one file that needs JAX and optax.

    It prints the losses that a run records. The arguments are those of `sections`.
    """
    return text(lines(settings, fixes, dress, source))


def text(of: Lines) -> str:
    """Returns lines as a file."""
    return "".join(f"{line.text}\n" for line in of)


def excerpt(settings: Settings, fixes: Fixes, switch: str, dress: str = "functions") -> str:
    """Returns the few lines of the script where a switch matters most: two places, if it has them.

    Args:
      switch: the name of a field of `Fixes`.
    """
    found = places(lines(settings, fixes, dress), switch)
    main = [place for place in found if len(place.lines) > 1][:2] or found
    return "\n...\n".join(dedent("\n".join(place.lines)) for place in main)
