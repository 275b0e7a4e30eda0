"""The environment in which a child process can import this package."""

import os
import sys
from pathlib import Path


def child_environment() -> dict[str, str]:
    """Returns environment variables that let a child process import what this process can."""
    places = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    return os.environ | {"PYTHONPATH": places}
