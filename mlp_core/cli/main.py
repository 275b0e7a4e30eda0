"""The command line: `python -m mlp_core train --stage final`, `... program`, `... sweep`."""

import argparse
import os
import sys
import tempfile
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from mlp_core.cli import columns as csv_columns
from mlp_core.data.table import Table, table_of
from mlp_core.engine.devices import use_all_cores
from mlp_core.program import DRESSES, file_name, script
from mlp_core.settings import SCHEDULES, VALIDATE, Settings, hidden_sizes
from mlp_core.switches import NUMERIC_SWITCHES, STAGES, SWITCHES, Fixes
from mlp_core.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlp_core.cli.sweep import Processes
    from mlp_core.timing.figures import Measurement, Progress

VERSION = "0.1.0"
"""Of the package; `pyproject.toml` reads it here."""

PRINT_EVERY = 100


class _Parser(argparse.ArgumentParser):
    """Answers a wrong argument with one line and exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


class _EachOnce(argparse.Action):
    """Collects the values of an option that may be repeated, and refuses a value given twice."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest)
        given = [*(() if before is self.default else before), *values]
        if len(set(given)) < len(given):
            raise argparse.ArgumentError(self, f"each value only once, got {' '.join(given)}")
        setattr(namespace, self.dest, given)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m mlp_core", description=__doc__)
    parser.add_argument("--version", action="version", version=f"mlp_core {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser(
        "train", help="train once and print the losses on the way", allow_abbrev=False
    )
    _add_run(train)
    csv_columns.add_table(train)
    program = commands.add_parser(
        "program", help="print the program that trains so, as one script", allow_abbrev=False
    )
    program.add_argument("--dress", choices=DRESSES, default="functions", help="how it is written")
    program.add_argument(
        "--data", type=Path, metavar="FOLDER", help="where to write the table that the script reads"
    )
    _add_run(program)
    csv_columns.add_table(program)
    sweep = commands.add_parser(
        "sweep", help="train every combination of fixes with many seeds", allow_abbrev=False
    )
    sweep.add_argument("--out", type=Path, required=True, help="the Parquet file to write")
    sweep.add_argument("--seeds", type=int, default=64, help="how many, from 0 (default 64)")
    sweep.add_argument(
        "--switches",
        nargs="+",
        action=_EachOnce,
        choices=NUMERIC_SWITCHES,
        default=NUMERIC_SWITCHES,
        metavar="FIX",
        help=f"the fixes to combine (default: {', '.join(NUMERIC_SWITCHES)})",
    )
    _add_settings(sweep, [field.name for field in fields(Settings) if field.name != "seed"])
    _add_processes(sweep)
    csv_columns.add_table(sweep)
    reading = commands.add_parser(
        "columns", help="print how a CSV file of your own is read", allow_abbrev=False
    )
    csv_columns.add_columns(reading)
    debuggers = commands.add_parser(
        "debuggers", help="try each debugging tool on each bug alone (minutes)", allow_abbrev=False
    )
    debuggers.add_argument("--out", type=Path, required=True, help="the Parquet file to write")
    curves = commands.add_parser(
        "curves", help="train every combination once and store its curves", allow_abbrev=False
    )
    curves.add_argument("--out", type=Path, required=True, help="the Parquet file to write")
    timing = commands.add_parser(
        "timing", help="time every form of the training on this machine", allow_abbrev=False
    )
    timing.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    timing.add_argument(
        "--stage", choices=STAGES, default="final", help="a stop on the post's path"
    )
    _add_settings(timing, [field.name for field in fields(Settings)])
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which run is meant."""
    parser.add_argument("--stage", choices=STAGES, default="v1", help="a stop on the post's path")
    parser.add_argument(
        "--on",
        nargs="+",
        action=_EachOnce,
        choices=SWITCHES,
        default=[],
        metavar="FIX",
        help="fixes to turn on after the stage's",
    )
    parser.add_argument(
        "--off",
        nargs="+",
        action=_EachOnce,
        choices=SWITCHES,
        default=[],
        metavar="FIX",
        help=f"fixes to turn off after the stage's; all are {', '.join(SWITCHES)}",
    )
    _add_settings(parser, [field.name for field in fields(Settings)])


def _add_processes(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a sweep that several processes share; the environment has defaults."""
    group = parser.add_argument_group(
        "several processes",
        "one of them on each machine, all started with the same other options; the defaults come "
        "from MLP_CORE_COORDINATOR, MLP_CORE_PROCESSES and MLP_CORE_PROCESS_ID",
    )
    group.add_argument(
        "--coordinator", default=os.environ.get("MLP_CORE_COORDINATOR"), metavar="HOST:PORT"
    )
    group.add_argument(
        "--processes", type=int, default=os.environ.get("MLP_CORE_PROCESSES", 1), help="how many"
    )
    group.add_argument(
        "--process-id",
        type=int,
        default=os.environ.get("MLP_CORE_PROCESS_ID", 0),
        help="which, from 0",
    )


def _add_settings(parser: argparse.ArgumentParser, names: list[str]) -> None:
    """Adds one option for each of these settings, with the post's value as its default."""
    kinds = {"clip_norm": float}
    choices = {"task": TASKS, "schedule": SCHEDULES, "validate": VALIDATE}
    for field in (field for field in fields(Settings) if field.name in names):
        option = "--" + field.name.replace("_", "-")
        if field.name == "hidden":
            parser.add_argument(
                option, nargs="+", default=field.default, metavar="WIDTH", help="as 8 6 6 or 8,6,6"
            )
            continue
        kind = kinds.get(field.name, type(field.default))
        parser.add_argument(
            option, type=kind, default=field.default, choices=choices.get(field.name)
        )


def _settings(arguments: argparse.Namespace) -> Settings:
    """Returns the settings; of a file of the user's own, a batch is at most all rows that train.

    Raises:
      ValueError: if a setting is out of its bounds, or there is no such file or column.
    """
    names = [field.name for field in fields(Settings)]
    values = {name: getattr(arguments, name) for name in names if name in arguments}
    if values["hidden"] != Settings.hidden:
        values["hidden"] = hidden_sizes(" ".join(values["hidden"]))
    path = getattr(arguments, "csv", None)
    if path is None:
        if getattr(arguments, "target", None) or getattr(arguments, "features", None):
            raise ValueError("--target and --features need --csv FILE")
        return Settings(**values)
    if arguments.task != Settings().task:
        raise ValueError("--csv and --task exclude each other")
    values["task"] = csv_columns.opened_task(path, arguments.target, arguments.features)
    num_train = Settings(task=values["task"], batch_size=1, val_share=arguments.val_share).num_train
    if num_train < values["batch_size"]:
        print(f"a batch is all {num_train} training rows", file=sys.stderr)
    return Settings(**values | {"batch_size": min(values["batch_size"], num_train)})


def _fixes(arguments: argparse.Namespace) -> Fixes:
    chosen = dict.fromkeys(arguments.on, True) | dict.fromkeys(arguments.off, False)
    return replace(STAGES[arguments.stage], **chosen)


def _print_training(settings: Settings, fixes: Fixes) -> None:
    """Prints a line for every recorded 100th update while the run trains."""
    from mlp_core.engine.outcome import described
    from mlp_core.engine.training import train_chunks

    print(f"{'updates':>8} {'train loss':>12} {'val loss':>12}")
    printed = 0
    for run in train_chunks(settings, fixes):
        records = zip(run.updates, run.train_loss, run.val_loss, strict=True)
        for update, train_loss, val_loss in list(records)[printed:]:
            if update % PRINT_EVERY == 0 or update == settings.steps:
                print(f"{update:8d} {train_loss:12.6f} {val_loss:12.6f}", flush=True)
        printed = len(run.updates)
    if run.outcome.not_finite:
        print(described(run.outcome))


def _print_program(settings: Settings, fixes: Fixes, arguments: argparse.Namespace) -> None:
    """Prints the script, and writes or names the table that it reads."""
    text = script(settings, fixes, arguments.dress, arguments.csv)
    table, name = table_of(settings.task), file_name(settings, arguments.csv)
    if arguments.data is not None:
        if table is None:
            raise ValueError(f"--data needs a task with a table, got {settings.task}")
        _write_table(table, arguments.data / name)
    elif table is not None:
        print(f"The script reads {name}: --data FOLDER writes it there.", file=sys.stderr)
    print(text, end="")


def _write_table(table: Table, path: Path) -> None:
    """Writes the table, unless another file is in its place."""
    if not path.parent.is_dir():
        raise ValueError(f"--data must be a folder that exists, got {path.parent}")
    content = table.as_csv().encode()
    if path.exists() and path.read_bytes() != content:
        raise ValueError(f"{path} exists and holds something else: choose another folder")
    path.write_bytes(content)


def _processes(arguments: argparse.Namespace) -> "Processes | None":
    """Returns who shares the sweep, None if nobody does.

    Raises:
      ValueError: if the three options do not fit together.
    """
    from mlp_core.cli.sweep import Processes

    count, this = arguments.processes, arguments.process_id
    if count == 1 and arguments.coordinator is None:
        return None
    if arguments.coordinator is None or not 0 <= this < count:
        raise ValueError(
            "several processes need --coordinator HOST:PORT and a --process-id in "
            f"0..{count - 1}, got {arguments.coordinator} and {this}"
        )
    return Processes(arguments.coordinator, count, this)


def _check_out(out: Path) -> None:
    """Checks before the work, which may take hours, that its result can be stored.

    Raises:
      ValueError: if it cannot.
    """
    name = repr(str(out))
    try:
        if not out.parent.is_dir() or (out.exists() and not out.is_file()):
            raise ValueError(f"out must be a file in a folder that exists, got {name}")
        if out.exists():
            out.open("ab").close()
        tempfile.TemporaryFile(dir=out.parent).close()
    except OSError as error:
        raise ValueError(f"out must be writable, got {name}: {error.strerror}") from error


def _store_sweep(settings: Settings, arguments: argparse.Namespace) -> None:
    from mlp_core.cli import sweep
    from mlp_core.engine.sweeps import all_combinations

    if arguments.seeds < arguments.processes or arguments.processes < 1:
        raise ValueError(
            "seeds must be at least 1 for each process, and processes at least 1, got "
            f"{arguments.seeds} seeds and {arguments.processes} processes"
        )
    _check_out(arguments.out)
    processes = _processes(arguments)
    combinations = all_combinations(arguments.switches)
    sweep.run(settings, combinations, range(arguments.seeds), arguments.out, processes)


def _store_debuggers(out: Path) -> None:
    """Prints a line for each tool while it is tried, and stores the table."""
    from mlp_core.debuggers import Cell, save
    from mlp_core.debuggers.measuring import measured_tools

    _check_out(out)
    cells: list[Cell] = []
    for of_tool in measured_tools():
        outcomes = ", ".join(f"{cell.case} {cell.outcome}" for cell in of_tool)
        print(f"{of_tool[0].tool} ({of_tool[0].cost:.1f}x): {outcomes}", flush=True)
        cells += of_tool
    save(out, cells)


def _store_curves(out: Path) -> None:
    from mlp_core.analysis import curves

    _check_out(out)
    curves.save(out)


def _store_timing(settings: Settings, fixes: Fixes, out: Path) -> None:
    """Prints what is measured at the moment, and stores whatever is ready."""
    from mlp_core.engine.estimate import measurable
    from mlp_core.timing import growth, measuring, rest, stored

    _check_out(out)
    measurement = _printed(measuring.measure(measurable(settings), fixes))
    stored.save(out, measurement)
    measurement = _printed(rest.with_rests(measurement))
    stored.save(out, measurement)
    stored.save(out, _printed(growth.grown(measurement)))


def _printed(pieces: "Iterator[Progress]") -> "Measurement":
    """Prints each new text, and returns what was measured in the end."""
    last = ""
    for progress in pieces:
        if progress.text != last and "programs" not in progress.text:
            print(progress.text, flush=True)
        last = progress.text
    return progress.measurement


def main(arguments: list[str] | None = None) -> None:
    """Runs one command.

    Raises:
      SystemExit: with one line and status 2 if an argument is wrong; with one line and status 1 if
        the output cannot be written; with status 141, as if SIGPIPE had ended the program, if the
        reader of the output has closed it.
    """
    use_all_cores()
    parser = _parser()
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
    if parsed.command in ("train", "program", "columns") and sys.stdout is None:
        raise OSError("the standard output is closed")
    if parsed.command == "train":
        _print_training(_settings(parsed), _fixes(parsed))
    elif parsed.command == "program":
        _print_program(_settings(parsed), _fixes(parsed), parsed)
    elif parsed.command == "sweep":
        _store_sweep(_settings(parsed), parsed)
    elif parsed.command == "debuggers":
        _store_debuggers(parsed.out)
    elif parsed.command == "columns":
        csv_columns.print_columns(parsed.file, parsed.json)
    elif parsed.command == "timing":
        _store_timing(_settings(parsed), STAGES[parsed.stage], parsed.out)
    else:
        _store_curves(parsed.out)
