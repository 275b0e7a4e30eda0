"""Runs the exported script of a case in this process, where a tool can modify it."""

import ast
import io
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mlp_core import program
from mlp_core.program.render import Lines
from mlp_core.settings import Settings
from mlp_core.switches import Fixes

_FILE = "exported_script.py"
_RUN = "params = train()"

Names = dict[str, Any]
"""The global names of a script."""


def with_batch_loss(names: Names) -> None:
    """Makes each update compute the loss of its minibatch first, as the post's program does.

    The exported script computes only the gradient, which is not NaN for an empty minibatch.
    """
    loss, step = names["loss"], names["step"]

    def logged(params: Any, opt_state: Any, *batch: Any) -> Any:
        loss(params, *batch)
        return step(params, opt_state, *batch)

    names["step"] = logged


class Finished(NamedTuple):
    """The losses that a script has printed, and its names at the end."""

    start_loss: float
    """Training loss before the first update."""
    val_loss: float
    """Final validation loss."""
    names: Names


@dataclass(frozen=True)
class Script:
    """A script of `mlp_core.program`."""

    settings: Settings
    fixes: Fixes

    @cached_property
    def lines(self) -> Lines:
        """The lines, each with the switches on which it depends."""
        return program.lines(self.settings, self.fixes)

    def run(
        self,
        change: Callable[[Names], None] = with_batch_loss,
        edited: Callable[[str], str] = lambda source: source,
    ) -> Finished:
        """Runs the script.

        Args:
          change: modifies the script's names after their definition and before the training.
          edited: maps the source to the source that runs, which must have the same lines.
        """
        definitions, _, _ = edited(program.text(self.lines)).rpartition(_RUN)
        with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as printed:
            path = Path(folder) / _FILE
            path.write_text(definitions)
            loader = SourceFileLoader("exported_script", str(path))
            script = module_from_spec(ModuleSpec(loader.name, loader))
            loader.exec_module(script)
            names = vars(script)
            change(names)
            names["params"] = names["train"]()
        _, *rows = printed.getvalue().splitlines()
        return Finished(float(rows[0].split()[1]), float(rows[-1].split()[2]), names)

    def is_at(self, number: int, switch: str) -> bool:
        """Returns whether a line depends on a switch, or uses a name set by a line that does.

        Args:
          number: the number of the line, counted from 1.
        """
        own = {at for at, line in enumerate(self.lines, 1) if switch in line.switches}
        tree = ast.parse(program.text(self.lines))
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        around = next((f for f in functions if f.lineno <= number <= (f.end_lineno or 0)), tree)
        names = [node for node in ast.walk(around) if isinstance(node, ast.Name)]
        set_there = {n.id for n in names if isinstance(n.ctx, ast.Store) and n.lineno in own}
        used = {n.id for n in names if isinstance(n.ctx, ast.Load) and n.lineno == number}
        return number in own or not set_there.isdisjoint(used)


def line_of(error: BaseException | None) -> int:
    """Returns the number of the script's innermost line in a traceback; 0 if there is none."""
    frames = traceback.extract_tb(error.__traceback__) if error else []
    return next(
        (frame.lineno or 0 for frame in reversed(frames) if Path(frame.filename).name == _FILE), 0
    )
