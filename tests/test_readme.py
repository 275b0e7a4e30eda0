"""What the README promises."""

import re
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_example_prints_what_stands_under_it(capsys):
    example = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", README, re.DOTALL)
    assert example is not None

    exec(compile(example[1], "README.md", "exec"), {})

    assert capsys.readouterr().out == example[2]


def test_every_file_the_readme_shows_exists():
    for target in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (Path(__file__).parents[1] / target).is_file(), target
