"""Would a tool have told you? Each bug alone under each tool, really run.

Reading the table needs no JAX. `measuring` makes it: a tool's flags are JAX's own and global, so
each is tried in a process of its own.
"""

from mlp_core.debuggers.cases import CASES, Case
from mlp_core.debuggers.table import Cell, Outcome, Table, load, save, shipped
from mlp_core.debuggers.usage import SWITCHED_ON_BY

__all__ = ["CASES", "SWITCHED_ON_BY", "Case", "Cell", "Outcome", "Table", "load", "save", "shipped"]
