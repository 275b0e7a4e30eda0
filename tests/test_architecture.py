"""The house plan, read from syntax trees: imports run one way, requirements.txt names them all."""

import ast
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
FOLDERS = ("mlp_core", "dashboard", "pages")

# A module imports from the lines above its own in this list, never from its own line or from below.
# A new module needs a place here.
LAYERS = (
    (
        "mlp_core.fixes",
        "mlp_core.table",
        "mlp_core.certainty",
        "mlp_core.checked_file",
        "mlp_core.compile_cache",
        "mlp_core.devices",
        "mlp_core.kept",
        "mlp_core.numerics",
        "mlp_core.outcome",
        "mlp_core.post",
        "mlp_core.stretches",
    ),
    ("mlp_core.csv_file.decode", "mlp_core.csv_file.looks", "mlp_core.csv_file.numerals"),
    ("mlp_core.tasks", "mlp_core.csv_file.columns", "mlp_core.csv_file.layout"),
    ("mlp_core.csv_file.read",),
    ("mlp_core.csv_file",),
    ("mlp_core.csv_command",),
    ("mlp_core.settings",),
    ("mlp_core.timing.estimate", "mlp_core.timing.figures"),
    ("mlp_core.program.render",),
    ("mlp_core.program.notebook",),
    ("mlp_core.program",),
    ("mlp_core.data", "mlp_core.model", "mlp_core.batches", "mlp_core.grid"),
    (
        "mlp_core.optimizer",
        "mlp_core.starts",
        "mlp_core.scores",
        "mlp_core.wall",
        "mlp_core.dead_layer",
    ),
    ("mlp_core.update",),
    ("mlp_core.compiled",),
    ("mlp_core.python_loop",),
    ("mlp_core.training",),
    ("mlp_core.sweeps",),
    (
        "mlp_core.evidence.ledger",
        "mlp_core.evidence.loop",
        "mlp_core.evidence.standing",
    ),
    ("mlp_core.evidence.records", "mlp_core.evidence.recording"),
    ("mlp_core.evidence.probing",),
    ("mlp_core.evidence.collection", "mlp_core.evidence.finding"),
    (
        "mlp_core.evidence.architecture",
        "mlp_core.evidence.compilation",
        "mlp_core.evidence.descent",
        "mlp_core.evidence.feeding",
        "mlp_core.evidence.health",
        "mlp_core.evidence.keys",
        "mlp_core.evidence.normalisation",
    ),
    ("mlp_core.evidence.checks",),
    ("mlp_core.evidence",),
    ("mlp_core.detective.cases", "mlp_core.detective.probes"),
    ("mlp_core.detective.scoring",),
    ("mlp_core.detective.verdicts",),
    ("mlp_core.detective",),
    ("mlp_core.curves", "mlp_core.store"),
    ("mlp_core.sweep_command",),
    ("mlp_core.timing.programs", "mlp_core.timing.stored"),
    ("mlp_core.timing.forms",),
    ("mlp_core.timing.growth", "mlp_core.timing.measuring", "mlp_core.timing.rest"),
    ("mlp_core.timing",),
    (
        "mlp_core.detectors.cases",
        "mlp_core.detectors.subject",
        "mlp_core.detectors.table",
        "mlp_core.detectors.usage",
    ),
    ("mlp_core.detectors.alarms", "mlp_core.detectors.measuring"),
    ("mlp_core.detectors.tools",),
    ("mlp_core.detectors.trial",),
    ("mlp_core.detectors",),
    ("mlp_core.effects", "mlp_core.paired", "mlp_core.__main__"),
    ("mlp_core",),
    ("mlp_core.program.templates.*",),
    (
        "dashboard.built_once",
        "dashboard.choice",
        "dashboard.jobs",
        "dashboard.memory",
        "dashboard.palette",
        "dashboard.style",
        "dashboard.twin",
        "dashboard.wide",
    ),
    ("dashboard.canvas", "dashboard.pace"),
    ("dashboard.marks",),
    ("dashboard.lattice.marks",),
    (
        "dashboard.codes",
        "dashboard.runs",
        "dashboard.charts",
        "dashboard.lattice.charts",
        "dashboard.lattice.combinations_chart",
        "dashboard.words",
    ),
    (
        "dashboard.pins",
        "dashboard.history",
        "dashboard.own_file",
        "dashboard.progress",
        "dashboard.timings",
        "dashboard.lattice.sentences",
    ),
    ("dashboard.setting_controls",),
    ("dashboard.sidebar",),
    ("dashboard.lessons",),
    (
        "dashboard.tables",
        "dashboard.stopwatch",
        "dashboard.grids",
        "dashboard.to_lab",
        "dashboard.needed",
        "dashboard.lattice.combinations_tables",
        "dashboard.lattice.tables",
    ),
    ("dashboard.url",),
    ("dashboard.story.bugs", "dashboard.story.charts", "dashboard.story.tables"),
    ("dashboard.story.words",),
    (
        "dashboard.story.path",
        "dashboard.story.claims",
        "dashboard.story.wall",
        "dashboard.story.nan",
    ),
    ("dashboard.story.page", "dashboard.story"),
    (
        "dashboard.program.comparison",
        "dashboard.program.listing",
        "dashboard.program.words",
    ),
    ("dashboard.program.changes", "dashboard.program.fixes"),
    ("dashboard.program.page", "dashboard.program"),
    ("dashboard.evidence.charts", "dashboard.evidence.tables", "dashboard.evidence.words"),
    (
        "dashboard.evidence.pictures",
        "dashboard.evidence.gathered",
        "dashboard.evidence.tool_tables",
    ),
    ("dashboard.evidence.cards", "dashboard.evidence.tools", "dashboard.evidence.waiting"),
    ("dashboard.evidence.page", "dashboard.evidence"),
    ("dashboard.speed.words", "dashboard.speed.charts", "dashboard.speed.measured"),
    ("dashboard.speed.tables", "dashboard.speed.panel"),
    ("dashboard.speed.retracing",),
    ("dashboard.speed.page", "dashboard.speed"),
    (
        "dashboard.detective.charts",
        "dashboard.detective.material",
        "dashboard.detective.pictures",
        "dashboard.detective.state",
        "dashboard.detective.tables",
        "dashboard.detective.words",
    ),
    ("dashboard.detective.lines",),
    (
        "dashboard.detective.probes",
        "dashboard.detective.suspects",
        "dashboard.detective.verdict",
    ),
    ("dashboard.detective.page", "dashboard.detective"),
    ("dashboard.comparison",),
    (
        "dashboard.frame",
        "dashboard.heading",
        "dashboard.result",
        "dashboard.details",
        "dashboard.lattice.source",
        "dashboard.lattice.view",
    ),
    (
        "dashboard.lattice.combinations",
        "dashboard.lattice.numbers",
        "dashboard.lattice.order",
        "dashboard.lattice.step",
    ),
    ("dashboard.lattice.first_view", "dashboard.lattice.tabs"),
    ("dashboard.lattice",),
    ("dashboard",),
    ("pages.*",),
    ("streamlit_app",),
)

# The numerics run without the app, and a chart is drawn without a server.
NEVER_IMPORTS = {
    "mlp_core*": {"streamlit", "altair"},
    "dashboard.*chart*": {"streamlit", "jax", "optax"},
    "dashboard.*marks": {"streamlit", "jax", "optax"},
}


def _module_name(path: Path) -> str:
    """Returns the dotted name; a package's is that of its folder."""
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


SOURCES = {
    _module_name(path): path
    for path in (
        REPOSITORY / "streamlit_app.py",
        *(path for folder in FOLDERS for path in sorted((REPOSITORY / folder).rglob("*.py"))),
    )
}


def _imports(module: str) -> set[str]:
    """Returns the modules that a module imports, wherever in it; the app's own by full name."""
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


def _layer(module: str) -> int:
    """Returns the place in LAYERS."""
    places = (i for i, layer in enumerate(LAYERS) if any(fnmatch(module, name) for name in layer))
    place = next(places, None)
    assert place is not None, f"give {module} a place in LAYERS"
    return place


def _packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("module", SOURCES)
def test_imports_run_one_way(module: str) -> None:
    layer = _layer(module)

    wrong = {name for name in _imports(module) & SOURCES.keys() if _layer(name) >= layer}

    assert wrong == set()


@pytest.mark.parametrize(("modules", "packages"), NEVER_IMPORTS.items())
def test_a_layer_stays_free_of(modules: str, packages: set[str]) -> None:
    wrong = {
        name: found
        for name in SOURCES
        if fnmatch(name, modules) and (found := _packages(_imports(name)) & packages)
    }

    assert wrong == {}


def test_requirements_are_what_is_imported() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    required = {re.split(r"[^\w-]", line)[0] for line in lines if line and line[0] != "#"}

    imported = _packages(set().union(*map(_imports, SOURCES)))

    own = {*FOLDERS, "streamlit_app"}
    assert imported - own - sys.stdlib_module_names == required


@pytest.mark.parametrize("module", SOURCES)
def test_jax_itself_comes_before_its_parts(module: str) -> None:
    """A part does not wait for the rest of JAX where another thread is still importing that."""
    nodes = [n for n in ast.walk(ast.parse(SOURCES[module].read_text())) if _imports_jax(n)]
    nodes.sort(key=lambda node: node.lineno)

    assert not nodes or ast.unparse(nodes[0]) == "import jax"


def _imports_jax(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == "jax" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "jax"
