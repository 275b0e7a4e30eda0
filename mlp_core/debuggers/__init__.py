"""Would a tool have told you? Each bug alone under each tool, really run.

`tools` runs an exported script of `mlp_core.program` under a tool, in a process of its own, because
the tool's flags are JAX's own and global. Reading the table of what they say needs no JAX.
"""

from mlp_core.debuggers.table import (
    CASES,
    Case,
    Cell,
    Outcome,
    Table,
    load,
    measured,
    save,
    shipped,
)

__all__ = ["CASES", "Case", "Cell", "Outcome", "Table", "load", "measured", "save", "shipped"]
