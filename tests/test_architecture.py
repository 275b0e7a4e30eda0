"""The architecture, read from the sources: imports go one way, and every function is used."""

import ast
import re
import sys
from collections import Counter
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import mlp_core

REPOSITORY = Path(__file__).parents[1]
FOLDERS = ("mlp_core", "dashboard", "pages")
Layers = tuple[tuple[str, ...], ...]

# Each package imports only from the rows above its own.
LAYERS = (
    ("child", "numerics", "stored", "switches", "tasks"),
    ("settings",),
    ("data",),
    ("engine",),
    ("analysis", "diagnosis", "program"),
    ("doctor",),
    ("debuggers", "game", "timing"),
    ("cli",),
)
"""The layers of the packages of mlp_core."""

# Packages in one row, such as the pages, never import from each other.
DASHBOARD_LAYERS = (
    ("switches",),
    ("choice",),
    ("draw",),
    ("work",),
    ("shell",),
    ("evidence", "player"),
    ("code", "detective", "diagnosis", "lab", "seeds", "speed", "story"),
)
"""The layers of the packages of dashboard."""

# The numerics work without the app, and charts are built without a server.
NEVER_IMPORTS = {
    "mlp_core*": {"streamlit", "altair"},
    "dashboard.*chart*": {"streamlit", "jax", "optax"},
    "dashboard.*.marks": {"streamlit", "jax", "optax"},
    "dashboard.*.axes": {"streamlit", "jax", "optax"},
    "dashboard.*.*tables": {"streamlit", "jax", "optax"},
}


def _module_name(path: Path) -> str:
    """Returns the dotted name of a module; the name of a package is that of its folder."""
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


SOURCES = {
    _module_name(path): path
    for path in (
        REPOSITORY / "streamlit_app.py",
        *(path for folder in FOLDERS for path in sorted((REPOSITORY / folder).rglob("*.py"))),
    )
}


def imports(module: str) -> set[str]:
    """Returns the modules that a module imports anywhere; the app's own modules by full name."""
    found = set()
    for node in ast.walk(ast.parse(SOURCES[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} must import by full names, not relative ones"
            assert node.module is not None
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (submodules & SOURCES.keys()) or {node.module}
    return found


def _layer(module: str, top: str, layers: Layers) -> int | None:
    """Returns the layer of a module below `top`; None if it is not in a layer."""
    package, _, rest = module.partition(".")
    part = rest.partition(".")[0]
    if package != top or part in ("", "__main__"):
        return None
    places = [place for place, names in enumerate(layers) if part in names]
    assert places, f"give {top}.{part} a layer"
    return places[0]


def _packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize(("top", "layers"), [("mlp_core", LAYERS), ("dashboard", DASHBOARD_LAYERS)])
def test_packages_import_one_way(top: str, layers: Layers) -> None:
    wrong = {
        (module, name)
        for module in SOURCES
        if (own := _layer(module, top, layers)) is not None
        for name in imports(module)
        if (other := _layer(name, top, layers)) is not None
        and (other > own or (other == own and module.split(".")[1] != name.split(".")[1]))
    }

    assert wrong == set()


def test_the_app_imports_the_numerics_and_the_pages_import_the_app() -> None:
    order = ("mlp_core", "dashboard", "pages")
    wrong = {
        (module, name)
        for module in SOURCES
        for name in imports(module) & SOURCES.keys()
        if (top := module.partition(".")[0]) in order
        and (other := name.partition(".")[0]) in order
        and order.index(other) > order.index(top)
    }

    assert wrong == set()


def test_no_imports_form_a_cycle() -> None:
    # A package's __init__ is loaded before its modules, so it may import them, but not vice versa.
    graph = {module: imports(module) & SOURCES.keys() - {module} for module in SOURCES}

    order = list(TopologicalSorter(graph).static_order())  # raises CycleError

    assert set(order) == set(graph)


@pytest.mark.parametrize(("modules", "packages"), NEVER_IMPORTS.items())
def test_a_layer_stays_free_of(modules: str, packages: set[str]) -> None:
    wrong = {
        name: found
        for name in SOURCES
        if fnmatch(name, modules) and (found := _packages(imports(name)) & packages)
    }

    assert wrong == {}


def test_every_public_name_is_found() -> None:
    assert all(getattr(mlp_core, name) is not None for name in mlp_core.__all__)


def test_every_function_and_class_is_used() -> None:
    texts = {module: path.read_text() for module, path in SOURCES.items()}
    words = Counter(re.findall(r"\w+", "\n".join(texts.values())))
    defined = [
        (module, node.name)
        for module, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("__")
    ]

    assert [(module, name) for module, name in defined if words[name] < 2] == []


def test_requirements_are_what_is_imported() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    required = {re.split(r"[^\w-]", line)[0] for line in lines if line and line[0] != "#"}

    imported = _packages(set().union(*map(imports, SOURCES)))

    own = {*FOLDERS, "streamlit_app"}
    assert imported - own - sys.stdlib_module_names == required


@pytest.mark.parametrize("module", SOURCES)
def test_jax_itself_comes_before_its_parts(module: str) -> None:
    """A part of JAX imported first does not wait for another thread that is still importing JAX."""
    nodes = [n for n in ast.walk(ast.parse(SOURCES[module].read_text())) if _imports_jax(n)]
    nodes.sort(key=lambda node: node.lineno)

    assert not nodes or ast.unparse(nodes[0]) == "import jax"


def _imports_jax(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == "jax" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "jax"
