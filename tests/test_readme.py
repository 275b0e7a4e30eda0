"""Tests of the README: its example prints the stated output, and its links exist."""

import re
from pathlib import Path

import pytest

from mlp_core.doctor import KINDS

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text()


def test_the_example_prints_what_stands_under_it(capsys):
    example = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", README, re.DOTALL)
    assert example is not None

    exec(compile(example[1], "README.md", "exec"), {})

    assert capsys.readouterr().out == example[2]


def test_the_number_of_kinds_of_bugs_that_are_found_is_right():
    assert f"{len(KINDS)} kinds of bugs" in README


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "benchmarks/README.md"])
def test_every_file_that_a_page_links_to_exists(page):
    file = REPOSITORY / page

    for target in re.findall(r"\]\(([\w./-]+)\)", file.read_text()):
        assert (file.parent / target).is_file(), target
