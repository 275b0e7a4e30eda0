"""The command line: `python -m mlp_core train --stage final`, `... program`, `... sweep`."""

import argparse
import os
import sys
from importlib import import_module

from mlp_core.cli import options
from mlp_core.engine.setup import set_up_cpu

VERSION = "0.1.0"
"""Of the package; `pyproject.toml` reads it here."""

_MODULES = {"sweep": "sweep", "columns": "columns"}
"""Where the function of a command is if not in `commands`. Imported when needed, for JAX."""

_PRINTING = ("train", "program", "columns")


def main(arguments: list[str] | None = None) -> None:
    """Runs one command.

    Raises:
      SystemExit: with one line and status 2 if an argument is wrong; with one line and status 1 if
        the output cannot be written; with status 141, as if SIGPIPE had ended the program, if the
        reader of the output has closed it.
    """
    set_up_cpu()
    parser = options.parser(VERSION)
    try:
        try:
            _run(parser.parse_args(arguments))
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except ValueError as error:
        parser.error(str(error))
    except RuntimeError as error:  # JAX's own, which names the flag that keeps it from starting
        parser.exit(1, f"{parser.prog}: {error}\n")
    except OSError as error:
        _discard_output()
        if isinstance(error, BrokenPipeError):
            parser.exit(141)
        parser.exit(1, f"{parser.prog}: {error}\n")


def _discard_output() -> None:
    """Discards what cannot be written: at its exit Python would try to, and fail once more."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(parsed: argparse.Namespace) -> None:
    if parsed.command in _PRINTING and sys.stdout is None:
        raise OSError("the standard output is closed")
    module = import_module(f"mlp_core.cli.{_MODULES.get(parsed.command, 'commands')}")
    getattr(module, parsed.command)(parsed)
