"""Exposure to strangers: no stored or uploaded content is executed, and no internals are shown."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from dashboard.code import listing
from mlp_core import Fixes
from mlp_core.data.csv_file.decode import MAX_MEGABYTES
from mlp_core.program.render import Line
from tests.test_architecture import SOURCES, imports

REPOSITORY = Path(__file__).parents[1]
CONFIG = tomllib.loads((REPOSITORY / ".streamlit" / "config.toml").read_text())

RUNS_WHAT_IT_READS = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
RUNS_FILES = {"exec_module", "load_module", "run_path", "run_module"}

ALLOWS_TO_RUN = {"allow_pickle", "unsafe_allow_html", "unsafe_allow_javascript", "shell"}

RUNS_SCRIPTS = {"mlp_core.debuggers.scripts", "mlp_core.doctor.run_script"}
"""The first module runs scripts rendered from the package's own templates. The second runs the
script that its user names, in a separate process. Both are used only by the command line."""


def called(node: ast.AST) -> str:
    """Returns the called expression as text; empty if the node is not a call."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


@pytest.mark.parametrize("module", SOURCES)
def test_nothing_that_is_read_is_run(module: str) -> None:
    nodes = list(ast.walk(ast.parse(SOURCES[module].read_text())))

    imported = {
        name.partition(".")[0]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (getattr(node, "module", None), *(alias.name for alias in node.names))
        if name
    }
    # Constants in the code itself may be executed or inserted as HTML.
    constants = {
        ast.unparse(node.targets[0])
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    options = {
        word.arg
        for node in nodes
        if isinstance(node, ast.Call) and not constants & {*map(ast.unparse, node.args[:1])}
        for word in node.keywords
    }

    assert imported & RUNS_WHAT_IT_READS == set()
    calls = {called(node) for node in nodes}
    assert calls & RUNS_TEXT == set()
    if module not in RUNS_SCRIPTS:
        assert {call.rpartition(".")[2] for call in calls} & RUNS_FILES == set()
    assert options & ALLOWS_TO_RUN == set()


def test_a_script_of_a_page_can_run_twice_because_its_names_are_in_a_block() -> None:
    sources = [SOURCES[module].read_text() for module in _dashboard()]
    scripts = re.findall(r"<script>\s*(.*?)\s*</script>", "".join(sources), re.DOTALL)

    assert scripts
    for script in scripts:
        in_block = script.startswith("{") and script.endswith("}")
        assert in_block or not re.search(r"^(const|let|class|function) ", script, re.MULTILINE)


def test_the_app_runs_no_script() -> None:
    def importers(wanted: str) -> set[str]:
        return {module for module in SOURCES if wanted in imports(module)}

    assert importers("mlp_core.debuggers.scripts") == {"mlp_core.debuggers.tools"}
    assert importers("mlp_core.doctor.run_script") == set()
    assert importers("mlp_core.cli.check") == set()
    assert all("doctor.run_script" not in SOURCES[module].read_text() for module in _dashboard())
    assert all(imports(module).isdisjoint({"subprocess", "runpy"}) for module in _dashboard())
    assert importers("mlp_core.debuggers.tools") == {"mlp_core.cli.main"}


def _dashboard() -> list[str]:
    return [module for module in SOURCES if module.partition(".")[0] != "mlp_core"]


MAKES_HTML = {
    "dashboard.code.changes",  # a script's lines, escaped
    "dashboard.code.listing",  # the same
    "dashboard.shell.sidebar",  # names of the sidebar's own groups
}


def test_lines_of_a_script_are_escaped() -> None:
    lines = [Line("x = '<script>alert(1)</script>'")]

    assert "<script" not in listing.script(lines, Fixes())


@pytest.mark.parametrize("module", SOURCES)
def test_html_is_only_what_stands_in_the_code(module: str) -> None:
    """`st.html` receives a constant of the module, except in the few modules that escape text."""
    tree = ast.parse(SOURCES[module].read_text())
    # Constants in the code itself may be executed or inserted as HTML.
    constants = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    given = [node.args[0] for node in ast.walk(tree) if called(node) == "st.html"]

    made = {ast.unparse(argument) for argument in given} - constants
    assert not made or module in MAKES_HTML


def test_a_stranger_gets_no_traceback_and_nobody_a_report() -> None:
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["toolbarMode"] == "minimal"
    assert CONFIG["browser"]["gatherUsageStats"] is False


def test_what_guards_the_server_is_left_on() -> None:
    """Streamlit's defaults stay on: XSRF and CORS protection, no static files, no API."""
    assert set(CONFIG["server"]) == {"maxUploadSize", "maxMessageSize"}


def test_the_uploader_and_the_server_take_files_of_the_same_size() -> None:
    assert CONFIG["server"]["maxUploadSize"] == MAX_MEGABYTES


def test_every_test_that_the_promises_name_exists() -> None:
    promises = (REPOSITORY / "SECURITY.md").read_text()
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", promises))

    assert len(named) > 5
    assert [name for name in named if not (REPOSITORY / name).is_file()] == []
