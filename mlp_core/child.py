"""How a child process finds this package."""

import os
import sys
from pathlib import Path


def child_environment() -> dict[str, str]:
    """Returns the environment in which a child process finds the modules that this one finds."""
    places = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    return os.environ | {"PYTHONPATH": places}
