"""The commands of `python -m mlp_core`; their options are in `options`."""

import argparse
import os
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mlp_core.cli import options
from mlp_core.cli.options import fixes_of, settings_of
from mlp_core.data.table import Table, table_of
from mlp_core.engine.setup import set_up_cpu
from mlp_core.program import file_name, script
from mlp_core.switches import STAGES

if TYPE_CHECKING:
    from mlp_core.timing.figures import Measurement, Request

VERSION = "0.1.0"
"""Version of the package; `pyproject.toml` reads it here."""

_ELSEWHERE = ("sweep", "columns", "check")
"""Commands with their own module, imported only when needed: importing JAX takes seconds."""

PRINT_EVERY = 100

_PRINTING = ("train", "program", "columns")


def main(arguments: list[str] | None = None) -> None:
    """Runs one command.

    Raises:
      SystemExit: with one line and status 2 if an argument is wrong; with one line and status 1 if
        the output cannot be written; with status 141, as after SIGPIPE, if the output is a pipe
        whose reader has closed it.
    """
    given, scripts = sys.argv[1:] if arguments is None else arguments, []
    if given[:1] == ["check"]:  # the user's script runs as it would alone, with its own arguments
        end = given.index("--") if "--" in given else len(given)
        given, scripts = given[:end], given[end + 1 :]
    else:
        set_up_cpu()
    parser = options.parser(VERSION)
    try:
        try:
            _run(parser.parse_args(given, argparse.Namespace(arguments=scripts)))
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except ValueError as error:
        parser.error(str(error))
    except RuntimeError as error:  # JAX names the flag that keeps it from starting
        parser.exit(1, f"{parser.prog}: {error}\n")
    except OSError as error:
        _discard_output()
        if isinstance(error, BrokenPipeError):
            parser.exit(141)
        parser.exit(1, f"{parser.prog}: {error}\n")


def _discard_output() -> None:
    """Discards the output, because Python would try to write it again at exit, and fail."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(parsed: argparse.Namespace) -> None:
    if parsed.command in _PRINTING and sys.stdout is None:
        raise OSError("the standard output is closed")
    place = parsed.command if parsed.command in _ELSEWHERE else "main"
    module = import_module(f"mlp_core.cli.{place}")
    getattr(module, parsed.command)(parsed)


def train(parsed: argparse.Namespace) -> None:
    """Prints the losses after every 100th update, and after the last, while the run trains."""
    from mlp_core.engine.outcome import described
    from mlp_core.engine.training import train_chunks

    settings = settings_of(parsed)
    chunks = train_chunks(settings, fixes_of(parsed))
    print(f"{'updates':>8} {'train loss':>12} {'val loss':>12}")
    printed = 0
    for run in chunks:
        records = zip(run.updates, run.train_loss, run.val_loss, strict=True)
        for update, train_loss, val_loss in list(records)[printed:]:
            if update % PRINT_EVERY == 0 or update == settings.steps:
                print(f"{update:8d} {train_loss:12.6f} {val_loss:12.6f}", flush=True)
        printed = len(run.updates)
    if run.outcome.not_finite:
        print(described(run.outcome))


def program(parsed: argparse.Namespace) -> None:
    """Prints the script, and writes the table that the script reads or says how to write it."""
    settings = settings_of(parsed)
    text = script(settings, fixes_of(parsed), parsed.dress, parsed.csv)
    table, name = table_of(settings.task), file_name(settings, parsed.csv)
    if parsed.data is not None:
        if table is None:
            raise ValueError(f"--data needs a task with a table, got {settings.task}")
        _write_table(table, parsed.data / name)
    elif table is not None:
        print(f"The script reads {name}; --data FOLDER writes this file.", file=sys.stderr)
    print(text, end="")


def _write_table(table: Table, path: Path) -> None:
    """Writes the table; raises ValueError if the path is a file with other content."""
    if not path.parent.is_dir():
        raise ValueError(f"--data must be a folder that exists, got {path.parent}")
    content = table.as_csv().encode()
    if path.exists() and path.read_bytes() != content:
        raise ValueError(f"{path} exists and has other content: choose another folder")
    path.write_bytes(content)


def debuggers(parsed: argparse.Namespace) -> None:
    """Prints a line for each tool after it has run, and stores the table."""
    from mlp_core.debuggers import CASES, Cell, measured, save
    from mlp_core.debuggers.tools import TOOLS

    cells: list[Cell] = []
    for tool in TOOLS:
        of_tool = measured(tool.name, [case.name for case in CASES])
        outcomes = ", ".join(f"{cell.case} {cell.outcome}" for cell in of_tool)
        print(f"{of_tool[0].tool} ({of_tool[0].cost:.1f}x): {outcomes}", flush=True)
        cells += of_tool
    save(parsed.out, cells)


def curves(parsed: argparse.Namespace) -> None:
    """Trains every combination of fixes once, and stores the loss curves."""
    from mlp_core.analysis import curves

    curves.save(parsed.out)


def timing(parsed: argparse.Namespace) -> None:
    """Prints the progress, and stores the timings of the forms before it measures their growth."""
    from mlp_core.timing import figures
    from mlp_core.timing.figures import Request, measurable

    settings, fixes, out = measurable(settings_of(parsed)), STAGES[parsed.stage], parsed.out
    measurement = _printed(Request("forms", settings, fixes))
    figures.save(out, measurement)
    growth = _printed(Request("growth", settings, fixes))
    figures.save(out, replace(measurement, points=growth.points))


def _printed(request: "Request") -> "Measurement":
    """Prints each new progress text of a measurement, and returns the final measurement."""
    from mlp_core.timing.process import measured

    last = ""
    for progress in measured(request):
        if progress.text != last:
            print(progress.text, flush=True)
        last = progress.text
    return progress.measurement
