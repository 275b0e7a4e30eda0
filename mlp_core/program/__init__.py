"""The program that the switches stand for: one script of our own, with its bugs and its fixes.

A script is put together from `lines` that know their switch: `header`, `examples`, `network`,
`update` and `loop` each make a part, and `functions`, `classes` and `whole` make a script of them.
A new switch is a piece of code in one of the parts, marked with its name.
"""

from textwrap import dedent

from mlp_core.fixes import Fixes
from mlp_core.program import classes, functions, header, whole
from mlp_core.program.examples import examples
from mlp_core.program.lines import Lines, Section, apart, places
from mlp_core.settings import Settings
from mlp_core.table import OWN, is_own

DRESSES = {"functions": functions, "class": classes, "scan": whole}
"""How a script may be written: the module that makes it."""


def sections(
    settings: Settings, fixes: Fixes, dress: str = "functions", table_name: str | None = None
) -> tuple[Section, ...]:
    """Returns the script in its parts.

    Args:
      dress: one of `DRESSES`.
      table_name: the file that a table is read from; named after its task by default.

    Raises:
      ValueError: if there is no such dress.
    """
    if dress not in DRESSES:
        raise ValueError(f"dress must be one of {', '.join(DRESSES)}, got {dress!r}")
    form = DRESSES[dress]
    name = table_name or file_name(settings)
    settings_lines = apart(
        [
            header.docstring(form.SAYS),
            header.imports(settings, fixes),
            header.constants(settings, fixes, name),
        ],
        blank=1,
    )
    return (
        Section("Settings", settings_lines),
        Section("Data", examples(settings)),
        *form.sections(settings, fixes),
    )


def file_name(settings: Settings) -> str:
    """Returns the name of the file that a table is read from."""
    return f"{OWN if is_own(settings.task) else settings.task}.csv"


def lines(
    settings: Settings, fixes: Fixes, dress: str = "functions", table_name: str | None = None
) -> Lines:
    """Returns the script as lines that know their switch; the arguments are those of `sections`."""
    parts = sections(settings, fixes, dress, table_name)
    return apart([part.lines for part in parts])


def script(
    settings: Settings, fixes: Fixes, dress: str = "functions", table_name: str | None = None
) -> str:
    """Returns the program of these switches and settings as one file that needs JAX and optax.

    It prints the losses that a run records. The arguments are those of `sections`.
    """
    return text(lines(settings, fixes, dress, table_name))


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
