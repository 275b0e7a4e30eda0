"""The commands and their options, and the settings and fixes that the options select."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import NoReturn

from mlp_core.doctor.records import GROUPS
from mlp_core.program import DRESSES
from mlp_core.settings import SCHEDULES, VALIDATE, Settings, hidden_sizes
from mlp_core.switches import NUMERIC_SWITCHES, STAGES, SWITCHES, Fixes
from mlp_core.tasks import TASKS


class Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line and exits with status 2."""

    def error(self, message: str) -> NoReturn:
        """Exits with the message and status 2."""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def parser(version: str) -> Parser:
    """Returns the parser of all commands, which stores the chosen command's name as `command`."""
    parser = Parser(
        prog="python -m mlp_core",
        description="Train the post's program with any of its fixes, once or many times.",
    )
    parser.add_argument("--version", action="version", version=f"mlp_core {version}")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str) -> Parser:
        return commands.add_parser(name, help=text, allow_abbrev=False)

    train = command("train", "train once and print the losses during training")
    _add_run(train)

    program = command("program", "print the program that makes the same run, as one script")
    program.add_argument(
        "--dress", choices=DRESSES, default="functions", help="the style of the script"
    )
    program.add_argument(
        "--data", type=Path, metavar="FOLDER", help="also write the script's table to this folder"
    )
    _add_run(program)

    sweep = command("sweep", "train every combination of fixes with many seeds")
    _add_out(sweep, "Parquet")
    sweep.add_argument(
        "--seeds", type=int, default=64, help="number of seeds, from 0 on (default 64)"
    )
    names = ", ".join(NUMERIC_SWITCHES)
    _add_list(sweep, "--switches", NUMERIC_SWITCHES, f"the fixes to combine (default: {names})")
    _add_settings(sweep, without="seed")
    _add_processes(sweep)
    _add_table(sweep)

    columns = command("columns", "print how a CSV file of your own is read")
    columns.add_argument("file", metavar="FILE")
    columns.add_argument("--json", action="store_true", help="print one JSON object")

    check = command("check", "run a training script of your own and print the bugs found in it")
    check.usage = "%(prog)s SCRIPT [options] [-- ARGUMENTS OF THE SCRIPT]"
    check.add_argument("script", type=Path, metavar="SCRIPT", help="the script to run")
    check.add_argument(
        "--json", type=_writable, metavar="FILE", help="also write the report as JSON"
    )
    check.add_argument(
        "--steps", type=int, metavar="N", help="stop after N calls of compiled functions"
    )
    check.add_argument(
        "--only", default="", metavar="a,b", help=f"groups of checks: {', '.join(GROUPS)}"
    )

    _add_out(command("debuggers", "run each debugging tool on each bug (takes minutes)"), "Parquet")
    _add_out(command("curves", "train every combination once and store the loss curves"), "Parquet")

    timing = command("timing", "time every way to run the training loop on this machine")
    _add_out(timing, "JSON")
    timing.add_argument(
        "--stage", choices=STAGES, default="final", help="use the fixes of this stage"
    )
    _add_settings(timing)
    return parser


def settings_of(parsed: argparse.Namespace) -> Settings:
    """Returns the settings; a CSV file limits the batch size to its number of training rows.

    Raises:
      ValueError: if a setting is out of bounds, or the file or a column does not exist.
    """
    names = [field.name for field in fields(Settings)]
    values = {name: getattr(parsed, name) for name in names if name in parsed}
    if values["hidden"] != Settings.hidden:
        values["hidden"] = hidden_sizes(" ".join(values["hidden"]))
    csv, target, features = (getattr(parsed, name, None) for name in ("csv", "target", "features"))
    if csv is None:
        if target or features:
            raise ValueError("--target and --features need --csv FILE")
        return Settings(**values)
    if parsed.task != Settings.task:
        raise ValueError("--csv and --task cannot be combined")
    from mlp_core.cli.columns import opened_task

    values["task"] = opened_task(csv, target, features)
    num_train = Settings(task=values["task"], batch_size=1, val_share=parsed.val_share).num_train
    if num_train < values["batch_size"]:
        print(f"a minibatch has all {num_train} training rows", file=sys.stderr)
    return Settings(**values | {"batch_size": min(values["batch_size"], num_train)})


def fixes_of(parsed: argparse.Namespace) -> Fixes:
    """Returns the fixes that the options select.

    Raises:
      ValueError: if an option names a fix twice.
    """
    chosen = dict.fromkeys(each_once(parsed.on), True) | dict.fromkeys(each_once(parsed.off), False)
    return replace(STAGES[parsed.stage], **chosen)


def each_once(names: Sequence[str] | None) -> Sequence[str]:
    """Returns the names given to an option of `_add_list`.

    Raises:
      ValueError: if a name is given twice.
    """
    names = names or ()
    if len(set(names)) < len(names):
        raise ValueError(f"a list of fixes must name each fix only once, got {' '.join(names)}")
    return names


def _add_run(parser: argparse.ArgumentParser) -> None:
    """Adds the options that select one run."""
    parser.add_argument("--stage", choices=STAGES, default="v1", help="use the fixes of this stage")
    _add_list(parser, "--on", SWITCHES, "additional fixes to turn on")
    _add_list(
        parser,
        "--off",
        SWITCHES,
        f"fixes to turn off even if they are on otherwise; all fixes: {', '.join(SWITCHES)}",
    )
    _add_settings(parser)
    _add_table(parser)


def _add_list(
    parser: argparse.ArgumentParser, option: str, choices: Iterable[str], text: str
) -> None:
    """Adds an option for a list of fixes; the option may be given more than once."""
    parser.add_argument(
        option, nargs="+", action="extend", choices=choices, metavar="FIX", help=text
    )


def _add_processes(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a sweep by several processes, with defaults from the environment."""
    group = parser.add_argument_group(
        "several processes",
        "start one process on each machine, all with the same other options; the "
        "environment variables MLP_CORE_COORDINATOR, MLP_CORE_PROCESSES, and MLP_CORE_PROCESS_ID "
        "are the defaults",
    )
    default = os.environ.get
    group.add_argument(
        "--coordinator", default=default("MLP_CORE_COORDINATOR"), metavar="HOST:PORT"
    )
    group.add_argument(
        "--processes",
        type=int,
        default=default("MLP_CORE_PROCESSES", 1),
        help="number of processes",
    )
    group.add_argument(
        "--process-id",
        type=int,
        default=default("MLP_CORE_PROCESS_ID", 0),
        help="index of this process, from 0",
    )


def _add_settings(parser: argparse.ArgumentParser, without: str | None = None) -> None:
    """Adds one option for each setting, with the post's value as its default."""
    choices = {"task": TASKS, "schedule": SCHEDULES, "validate": VALIDATE}
    for field in (field for field in fields(Settings) if field.name != without):
        option = "--" + field.name.replace("_", "-")
        if field.name == "hidden":
            parser.add_argument(
                option,
                nargs="+",
                default=field.default,
                metavar="WIDTH",
                help="such as 8 6 6 or 8,6,6",
            )
            continue
        kind = float if field.name == "clip_norm" else type(field.default)
        parser.add_argument(
            option, type=kind, default=field.default, choices=choices.get(field.name)
        )


def _add_table(parser: argparse.ArgumentParser) -> None:
    """Adds the options for training on a CSV file instead of a task."""
    group = parser.add_argument_group("a CSV file of your own")
    group.add_argument("--csv", metavar="FILE", help="the file to train on")
    group.add_argument("--target", metavar="COLUMN", help="the column to predict")
    group.add_argument(
        "--features",
        metavar="a,b",
        help="the columns to predict it from (default: see the command columns)",
    )


def _add_out(parser: argparse.ArgumentParser, kind: str) -> None:
    """Adds the option for the output file, checked before the work, which may take hours."""
    parser.add_argument("--out", type=_writable, required=True, help=f"the {kind} file to write")


def _writable(name: str) -> Path:
    out = Path(name)
    try:
        if not out.parent.is_dir() or (out.exists() and not out.is_file()):
            raise argparse.ArgumentTypeError(
                f"out must be a file in a folder that exists, got {str(out)!r}"
            )
        if out.exists():
            out.open("ab").close()
        tempfile.TemporaryFile(dir=out.parent).close()
    except OSError as error:
        raise argparse.ArgumentTypeError(
            f"out must be writable, got {str(out)!r}: {error.strerror}"
        ) from error
    return out
