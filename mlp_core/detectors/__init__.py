"""Would a tool have told you? Each bug alone under each tool, really run.

A tool's flags are JAX's own and global: `measured` tries each in a process of its own.
"""

from mlp_core.detectors.cases import CASES, Case
from mlp_core.detectors.table import Cell, Table, load, measured, save, shipped
from mlp_core.detectors.tools import TOOLS, Tool

__all__ = ["CASES", "TOOLS", "Case", "Cell", "Table", "Tool", "load", "measured", "save", "shipped"]
