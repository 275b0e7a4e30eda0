"""How a Python process of our own is started: timing and debuggers each measure in one."""

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]


def environment() -> dict[str, str]:
    """Returns the environment in which a child process finds the modules that this one finds."""
    places = os.pathsep.join([str(_ROOT), *filter(None, sys.path)])
    return os.environ | {"PYTHONPATH": places}
