"""A user's CSV file on the command line and as a task: its split and its script."""

import json
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest

from mlp_core import Settings, dataset, program, read_csv, table_from
from mlp_core.cli.main import main
from mlp_core.data.csv_file.read import offered_target
from mlp_core.data.dataset import seed_keys
from mlp_core.data.table import Table, closed, opened
from mlp_core.switches import STAGES

CASES = Path(__file__).parent / "cases"
TABS = CASES / "tab_comma_header.tsv"
SHORT = ["--stage", "final", "--steps", "3", "--hidden", "4"]


def test_columns_prints_what_was_guessed_and_a_line_for_each_column(capsys):
    main(["columns", str(CASES / "us_thousands.tsv")])

    guessed, header, population, tax = capsys.readouterr().out.splitlines()
    assert "separator tab, decimal dot, thousands comma" in guessed
    assert header.split() == ["column", "kind", "missing", "min", "max", "first"]
    assert population.split()[:7] == ["population", "number", "0", "145", "9972", "341", "7489"]
    assert tax.split()[:2] == ["tax", "number"]


def test_columns_prints_one_json_object(capsys):
    main(["columns", str(CASES / "title_line.csv"), "--json"])

    found = json.loads(capsys.readouterr().out)
    assert found["guesses"]["skipped_lines"] == [1]
    assert found["columns"][1] == {
        "name": "y",
        "kind": "number",
        "missing": 0,
        "min": 0,
        "max": 1521,
        "first": [0, 1, 4, 9, 16],
        "left_out": None,
    }


def test_a_file_is_trained_on_and_the_same_by_its_script(capsys, tmp_path):
    chosen = [
        "--csv",
        str(TABS),
        "--target",
        "Cost per 1,000",
        "--features",
        "Weight, kg,Height, cm",
    ]

    main(["train", *chosen, *SHORT, "--validate", "last"])
    trained = capsys.readouterr()
    main(["program", *chosen, *SHORT, "--validate", "last", "--data", str(tmp_path)])
    script = capsys.readouterr().out

    assert "separator tab" in trained.err
    assert "a minibatch has all 32 training rows" in trained.err
    assert (tmp_path / "tab_comma_header_numbers.csv").is_file()
    assert 'FEATURES = ["Weight, kg", "Height, cm"]' in script
    namespace = examples_of(script, tmp_path)
    np.testing.assert_array_equal(namespace["HIDDEN"], (4,))


def test_gaps_and_columns_that_are_left_out_are_told(capsys, tmp_path):
    file = tmp_path / "mine.csv"
    lines = [f"{n},{'' if n == 3 else n * 7 % 30},{n * n}" for n in range(30)]
    file.write_text("\n".join(["id,a,y", *lines]))

    main(["train", "--csv", str(file), "--target", "y", *SHORT])

    said = capsys.readouterr().err
    assert "id left out: numbers the rows" in said
    assert "1 of 30 rows lack a value" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--csv", "missing.csv", "--target", "y"], "missing.csv cannot be read"),
        (["--csv", str(TABS)], "--csv needs a --target: one of"),
        (["--csv", str(TABS), "--target", "q"], "There is no column 'q'"),
        (["--csv", str(TABS), "--target", "Height, cm", "--features", "q"], "no column 'q'"),
        (["--csv", str(TABS), "--target", "Height, cm", "--task", "sine"], "cannot be combined"),
        (["--target", "y"], "need --csv FILE"),
        (["--validate", "last"], "validate must be 'random' for a task with a formula"),
    ],
)
def test_a_wrong_choice_is_answered_with_one_line(capsys, arguments, message):
    with pytest.raises(SystemExit, match="2"):
        main(["train", *arguments, *SHORT])

    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Iterator[tuple[str, Table]]:
    """Yields the task of a file, and its table."""
    file = read_csv(CASES / request.param)
    target = offered_target(file)
    features = [column.name for column in file.usable if column.name != target]
    table = table_from(file, target, features)
    task = opened(table)
    yield task, table
    closed(task)


def examples_of(script: str, folder: Path) -> dict[str, object]:
    """Returns the names that a script defines up to its examples, which are read from a folder."""
    text = script.partition("\n\ndef init(")[0].replace(
        "open(TABLE", f"open({str(folder)!r} + '/' + TABLE"
    )
    namespace: dict[str, object] = {}
    exec(text, namespace)
    return namespace


@pytest.mark.parametrize(
    ("case", "validate"),
    [*((path.name, "random") for path in sorted(CASES.iterdir())), ("coin.csv", "last")],
    indirect=["case"],
)
def test_a_script_reads_the_examples_of_the_engine_from_its_data(case, validate, tmp_path):
    task, table = case
    settings = Settings(task=task, batch_size=16, validate=validate)
    (tmp_path / program.file_name(settings)).write_text(table.as_csv(), encoding="utf-8")
    script = program.script(settings, STAGES["final"])

    found = examples_of(script, tmp_path)["examples"](seed_keys(settings.seed).data)

    for array, expected in zip(found, dataset(settings), strict=True):
        np.testing.assert_array_equal(jax.device_get(array), expected)


def test_the_last_rows_validate_in_the_order_of_the_file():
    x = np.arange(50.0)[:, None]
    task = opened(Table(("a",), "y", x, x[:, 0] ** 2))

    last = dataset(Settings(task=task, batch_size=16, validate="last"))
    shuffled = dataset(Settings(task=task, batch_size=16))

    assert last.x_train.max() < last.x_val.min()
    assert (np.diff(last.x_val[:, 0]) > 0).all()
    assert shuffled.x_train.max() > shuffled.x_val.min()
    closed(task)
