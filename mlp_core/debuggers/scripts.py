"""The exported script of a case, run in this process where a tool can change it."""

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
"""A script's global names."""


def with_batch_loss(names: Names) -> None:
    """Lets each update compute its minibatch's loss first, as the post's program does.

    The script itself computes the gradient alone, in which an empty minibatch leaves no NaN.
    """
    loss, step = names["loss"], names["step"]

    def logged(params: Any, opt_state: Any, *batch: Any) -> Any:
        loss(params, *batch)
        return step(params, opt_state, *batch)

    names["step"] = logged


class Finished(NamedTuple):
    """What a script has printed, and its names at the end."""

    start_loss: float
    """Over the training rows, before the first update."""
    val_loss: float
    """At the end."""
    names: Names


@dataclass(frozen=True)
class Script:
    """A script of `mlp_core.program`."""

    settings: Settings
    fixes: Fixes

    @cached_property
    def lines(self) -> Lines:
        """The lines, each with the switches that decide what it says."""
        return program.lines(self.settings, self.fixes)

    def run(
        self,
        change: Callable[[Names], None] = with_batch_loss,
        edited: Callable[[str], str] = lambda source: source,
    ) -> Finished:
        """Runs the script.

        Args:
          change: is given the names when all are defined and nothing is trained yet.
          edited: from the source to the one that runs, line by line.
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
        """Returns whether a line is one of a switch's, or uses a name that these set.

        Args:
          number: the line's, counted from 1.
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
    """Returns the number of the innermost line of the script in a traceback; 0 if there is none."""
    frames = traceback.extract_tb(error.__traceback__) if error else []
    return next(
        (frame.lineno or 0 for frame in reversed(frames) if Path(frame.filename).name == _FILE), 0
    )
