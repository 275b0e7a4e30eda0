"""The data files that ship with the package, and how a table is stored."""

from pathlib import Path

FOLDER = Path(__file__).parent
