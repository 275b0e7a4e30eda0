"""A switch added as the README describes works on the command line and on every page."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

EDITS = {
    "mlp_core/switches.py": [
        (
            "    def __post_init__",
            "    zero_head_bias: bool = False\n"
            '    """The head\'s bias starts at 0. Off: it is drawn."""\n\n'
            "    def __post_init__",
        )
    ],
    "mlp_core/engine/model.py": [
        ("    norm_init: bool\n", "    norm_init: bool\n    zero_head_bias: bool\n"),
        (
            "Drawing(fixes.split_keys, fixes.norm_init)",
            "Drawing(fixes.split_keys, fixes.norm_init, fixes.zero_head_bias)",
        ),
        (
            "jax.random.normal(bias_key, (1,))",
            "jax.random.normal(bias_key, (1,)) * (not drawing.zero_head_bias)",
        ),
    ],
    "mlp_core/program/templates/network.py": [
        (
            '    head = {"W": W, "b": jax.random.normal(b_key, (1,))}\n',
            '    if fixes.zero_head_bias:\n        head = {"W": W, "b": jnp.zeros(1)}\n    else:\n'
            '        head = {"W": W, "b": jax.random.normal(b_key, (1,))}\n',
        )
    ],
    "dashboard/switches.py": [
        (
            '    "bias_before_norm": Switch(',
            '    "zero_head_bias": Switch('
            '"Zero head bias", "head", "No bias at first.", "The head has a bias", "start", '
            "is_beyond=True),\n"
            '    "bias_before_norm": Switch(',
        )
    ],
}

RUN = "hidden=2&steps=20&examples=100&batch_size=8&jit_step=true&zero_head_bias=true"
LINKS = (
    ("lab", RUN),
    ("seeds", RUN),
    ("seeds", f"{RUN}&with_beyond=true"),
    ("diagnosis", RUN),
    ("code", RUN),
    ("detective", "level=hard&case=3"),
)
PAGES = """
from urllib.parse import parse_qsl
from tests.app.conftest import opened_at, run_until

for page, link in {links!r}:
    app = opened_at(page, **dict(parse_qsl(link)))
    run_until(app, lambda: not app.main.get("progress"))
    assert not app.exception, (page, app.exception)
    assert not app.error, (page, [error.value for error in app.error])
    print(page, "fine", flush=True)
    if page == "code":
        print(*[code.value for code in app.code], sep="\\n")
"""

STILL_VALID = (
    "tests/app/test_url.py::test_every_page_keeps_the_whole_link",
    "tests/app/test_words.py::test_no_two_combinations_have_one_name",
    "tests/core/test_debuggers.py::test_every_bug_is_alone_in_one_case",
    "tests/core/test_debuggers.py::test_the_shipped_table_is_whole",
    "tests/core/test_grid_file.py::test_the_grid_that_ships_is_whole",
)
"""Tests that the new switch must not break, among them those of the data files that ship."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Returns a copy of the app and its tests with one more switch."""
    for folder in ("mlp_core", "dashboard", "pages", "tests", ".streamlit"):
        shutil.copytree(
            REPOSITORY / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(REPOSITORY / "streamlit_app.py", tmp_path)
    for file, edits in EDITS.items():
        text = (tmp_path / file).read_text()
        for old, new in edits:
            assert text.count(old) == 1, (file, old)
            text = text.replace(old, new)
        (tmp_path / file).write_text(text)
    return tmp_path


def run(tree: Path, *arguments: str) -> str:
    """Runs Python in the tree and returns its output; compiling takes most of the time."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(tree), "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def test_a_ninth_switch_works_everywhere(tree: Path) -> None:
    short = ("--steps", "20", "--examples", "200", "--batch-size", "32")
    train = ("-m", "mlp_core", "train", "--stage", "final", *short)
    assert run(tree, *train, "--on", "zero_head_bias") != run(tree, *train)

    of_two = ("--switches", "zero_head_bias", "adamw", "--seeds", "2", "--out", "grid.parquet")
    run(tree, "-m", "mlp_core", "sweep", *of_two, *short)

    run(tree, "-m", "pytest", "-p", "no:cacheprovider", *STILL_VALID)

    said = run(tree, "-c", PAGES.format(links=LINKS))
    assert 'head = {"W": W, "b": jnp.zeros(1)}' in said
    assert said.count("fine") == len(LINKS)
