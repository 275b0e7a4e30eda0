"""The command line: `python -m mlp_core train --stage final --seed 42`."""

import argparse
import sys
from dataclasses import fields, replace
from typing import NoReturn

from mlp_core.fixes import STAGES, Fixes
from mlp_core.settings import SCHEDULES, TASKS, Settings

PRINT_EVERY = 100
SWITCHES = [field.name for field in fields(Fixes)]


class _Parser(argparse.ArgumentParser):
    """Answers a wrong argument with one line and exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m mlp_core", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train once and print the losses on the way")
    train.add_argument("--stage", choices=STAGES, default="v1", help="a stop on the post's path")
    train.add_argument("--on", nargs="+", choices=SWITCHES, default=[], metavar="FIX")
    train.add_argument(
        "--off",
        nargs="+",
        choices=SWITCHES,
        default=[],
        metavar="FIX",
        help=f"fixes to turn on or off after the stage's: {', '.join(SWITCHES)}",
    )
    _add_settings(train)
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Adds one option for each field of `Settings`, with the post's value as its default."""
    kinds = {"clip_norm": float}
    choices = {"task": list(TASKS), "schedule": SCHEDULES}
    for field in fields(Settings):
        option = "--" + field.name.replace("_", "-")
        if field.name == "hidden":
            parser.add_argument(option, nargs="+", type=int, default=field.default)
            continue
        kind = kinds.get(field.name, type(field.default))
        parser.add_argument(
            option, type=kind, default=field.default, choices=choices.get(field.name)
        )


def _settings(arguments: argparse.Namespace) -> Settings:
    values = {field.name: getattr(arguments, field.name) for field in fields(Settings)}
    return Settings(**values | {"hidden": tuple(values["hidden"])})


def _fixes(arguments: argparse.Namespace) -> Fixes:
    chosen = dict.fromkeys(arguments.on, True) | dict.fromkeys(arguments.off, False)
    return replace(STAGES[arguments.stage], **chosen)


def _print_training(settings: Settings, fixes: Fixes) -> None:
    """Prints a line for every recorded 100th update while the run trains."""
    from mlp_core.training import train_chunks

    print(f"{'updates':>8} {'train loss':>12} {'val loss':>12}")
    printed = 0
    for run in train_chunks(settings, fixes):
        records = zip(run.updates, run.train_loss, run.val_loss, strict=True)
        for update, train_loss, val_loss in list(records)[printed:]:
            if update % PRINT_EVERY == 0 or update == settings.steps:
                print(f"{update:8d} {train_loss:12.6f} {val_loss:12.6f}", flush=True)
        printed = len(run.updates)
    if run.died_after is not None:
        print(f"The run died: its losses are NaN after {run.died_after} updates.")


def main(arguments: list[str] | None = None) -> None:
    """Runs one command.

    Raises:
      SystemExit: with status 2 and one line if an argument is wrong.
    """
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        settings, fixes = _settings(parsed), _fixes(parsed)
    except ValueError as error:
        parser.error(str(error))
    _print_training(settings, fixes)


if __name__ == "__main__":
    main(sys.argv[1:])
