"""Prints every text that a reader can see, file by file, for an editor to read.

Run it as `python -m tests.texts`, or with paths to read fewer files:
`python -m tests.texts dashboard/seeds`. It prints the string constants and f-strings of more than
three words that are not docstrings; `{...}` stands for each value that is filled in.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("dashboard", "mlp_core", "pages", "streamlit_app.py")
FEWEST_WORDS = 4


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Yields the line number and the text of each string that can reach a reader."""
    tree = ast.parse(source)
    inside = {id(part) for node in ast.walk(tree) for part in _parts(node)}
    for node in ast.walk(tree):
        if id(node) not in inside and (text := _text(node)) and len(text.split()) >= FEWEST_WORDS:
            yield node.lineno, text  # type: ignore[attr-defined]


def _parts(node: ast.AST) -> list[ast.AST]:
    """Returns the nodes inside this one that are not texts of their own."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]  # a docstring
    return list(node.values) if isinstance(node, ast.JoinedStr) else []


def _text(node: ast.AST) -> str:
    """Returns the text of a string constant or an f-string, otherwise an empty string."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(part) if isinstance(part, ast.Constant) else "{...}" for part in node.values
        )
    return ""


def files(paths: list[str]) -> Iterator[Path]:
    """Yields the Python files at these paths, relative to the repository."""
    for path in paths:
        at = ROOT / path
        yield from [at] if at.is_file() else sorted(at.rglob("*.py"))


def main(paths: list[str]) -> None:
    """Prints the texts of each file below its name."""
    for path in files(paths or list(PACKAGES)):
        found = sorted(texts(path.read_text()))
        if found:
            print(f"\n{path.relative_to(ROOT)}")
        for line, text in found:
            print(f"{line:5}  {' '.join(text.split())}")


if __name__ == "__main__":
    main(sys.argv[1:])
