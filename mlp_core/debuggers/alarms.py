"""What a tool says about a run, and whether that names the bug."""

import re
import traceback
from typing import NamedTuple

import jax  # noqa: F401 before a part of it, which does not wait for the rest
from jax.experimental.checkify import JaxRuntimeError

from mlp_core.debuggers import subject
from mlp_core.debuggers.cases import PLACES, SOUND, Case
from mlp_core.debuggers.table import Outcome


class Alarm(NamedTuple):
    """A complaint. A rule about numbers points at no line."""

    message: str
    function: str = ""
    line: str = ""


def of_error(error: Exception) -> Alarm:
    """Returns what an exception says, and the innermost line of the program it points at."""
    message = re.sub(r"\s+", " ", str(error)).split(" See https")[0]
    # A check of checkify's is raised where its result is looked at, from an error where it failed.
    chain = (error.__cause__, error) if isinstance(error, JaxRuntimeError) else (error,)
    frame = next(frames[-1] for each in chain if (frames := _frames(each)))
    return Alarm(f"{type(error).__name__}: {message}", frame.name, frame.line or "")


def _frames(error: BaseException | None) -> list[traceback.FrameSummary]:
    """Returns the part of a traceback that lies in the program, innermost last."""
    frames = traceback.extract_tb(error.__traceback__) if error else []
    return [frame for frame in frames if frame.filename == subject.__file__]


def outcome(case: Case, alarm: Alarm | None) -> Outcome:
    """Returns `caught` if the line is in a bug's function, or if the message shows empty batches.

    All else that is said of a bug is a symptom of it.
    """
    if alarm is None:
        return "silent"
    if case.name == SOUND:
        return "false alarm"
    named = alarm.function in {PLACES[bug] for bug in case.bugs}
    shown = "whole_batches" in case.bugs and "(0, " in alarm.message
    return "caught" if named or shown else "symptom"
