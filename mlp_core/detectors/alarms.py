"""What a tool says about a run, and whether that names the bug."""

import re
import traceback
from typing import Literal, NamedTuple

from mlp_core.detectors import subject
from mlp_core.detectors.cases import PLACES, SOUND, Case

Outcome = Literal["caught", "symptom", "false alarm", "silent"]


class Alarm(NamedTuple):
    """A complaint. A rule about numbers points at no line."""

    message: str
    function: str = ""
    line: str = ""


def of_error(error: Exception) -> Alarm:
    """Returns what an exception says, and the innermost line of the program it points at."""
    message = re.sub(r"\s+", " ", str(error)).split(" See https")[0]
    frames = [
        frame
        for each in (error, error.__cause__)
        if each is not None
        for frame in traceback.extract_tb(each.__traceback__)
        if frame.filename == subject.__file__
    ]
    return Alarm(f"{type(error).__name__}: {message}", frames[-1].name, frames[-1].line or "")


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
