"""The script as a Jupyter notebook: a heading and a cell for each of its parts."""

import json
from collections.abc import Sequence
from typing import Any

from mlp_core.program.render import Section


def notebook(sections: Sequence[Section]) -> str:
    """Returns a notebook in version 4.5 of its format, as JSON."""
    cells = []
    for place, section in enumerate(sections):
        source = "\n".join(line.text for line in section.lines)
        cells.append(_cell("markdown", f"heading-{place}", f"## {section.title}"))
        code = _cell("code", f"code-{place}", source)
        cells.append(code | {"execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    of_format = {"nbformat": 4, "nbformat_minor": 5}
    return json.dumps({"cells": cells, "metadata": metadata} | of_format, indent=1) + "\n"


def _cell(kind: str, name: str, source: str) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": kind, "id": name, "metadata": {}, "source": lines}
