"""The exported scripts print the losses that the engine records.

Most runs are short and have few rows, so that rounding errors cannot grow: two ways to round the
same formula differ by less than 1e-5 after 60 updates. Only seed 42 is run at the post's size. The
script and the engine run on the same machine, because another kind of CPU changes both losses, as
it does for the post's own final program (validation loss 0.57187 on one, 0.57176 on the other).
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import pytest

from mlp_core import STAGES, Fixes, Settings, program, train
from mlp_core.cli.main import main
from mlp_core.data.table import DIABETES, Table, opened
from mlp_core.engine.training import RECORD_EVERY
from mlp_core.program import notebook
from mlp_core.program.render import places
from mlp_core.switches import SWITCHES
from mlp_core.tasks import TASKS

REPOSITORY = Path(__file__).parents[2]
SHOWN = 1e-4  # relative
ROUNDING = 1e-5
# The training and validation sets have the same size, so that a script compiles its loss once.
SMALL = Settings(examples=500, val_share=0.5, steps=60, batch_size=64, hidden=(6, 4))
TABLE = Settings(steps=60, hidden=(6, 4))
WHOLE = "v1, all of it"
ALONE = {name: Fixes(**{name: True}) for name in SWITCHES}
BOTH = ("functions", "class")


def _own_table() -> Table:
    x = np.random.default_rng(0).normal(size=(60, 2)) * [1, 50] + [0, 1000]
    return Table(('the "width"', "depth, it's in m"), "größe", x, 100 + 20 * x[:, 0])


OWN_TASK = opened(_own_table())


class Case(NamedTuple):
    """A script to run."""

    settings: Settings
    fixes: Fixes
    dress: str


def _cases() -> dict[str, Case]:
    """Returns the cases by name; each line below is one shape for which the engine compiles."""
    in_both = {name: STAGES[name] for name in ("v1", "final", "beyond")} | {
        "whole_batches": ALONE["whole_batches"]
    }
    alone = STAGES | ALONE
    cases = {f"{name} {BOTH[0]}": Case(SMALL, fixes, BOTH[0]) for name, fixes in alone.items()}
    cases |= {f"{name} {BOTH[1]}": Case(SMALL, fixes, BOTH[1]) for name, fixes in in_both.items()}
    scanned = {"adamw": ALONE["adamw"], "beyond": STAGES["beyond"]}
    cases |= {f"{name} scan": Case(SMALL, fixes, "scan") for name, fixes in scanned.items()}
    final = STAGES["final"]
    clipped = replace(STAGES["batches"], jit_step=True)
    varied = {
        "another seed": (
            replace(SMALL, seed=7, noise=1.5, clip_norm=0.5, schedule="cosine"),
            final,
        ),
        "NaN from the start": (replace(SMALL, seed=2), STAGES["v1"]),
        "product": (replace(SMALL, task="product", clip_norm=0.5, learning_rate=0.03), clipped),
        "length": (replace(SMALL, task="length", schedule="cosine", weight_decay=0.1), final),
        "cosine": (replace(SMALL, schedule="cosine"), STAGES["v1"]),
        "friedman": (replace(SMALL, task="friedman", noise=0.5, val_share=0.35), final),
        "sine": (replace(SMALL, task="sine", hidden=(4,)), STAGES["beyond"]),
        "diabetes": (replace(TABLE, task="diabetes", batch_size=64, seed=3), final),
        "own file": (replace(TABLE, task=OWN_TASK, batch_size=48), final),
        "last rows": (replace(TABLE, task=OWN_TASK, batch_size=48, validate="last"), final),
    }
    for place, (name, (settings, fixes)) in enumerate(varied.items()):
        cases[name] = Case(settings, fixes, BOTH[place % 2])
    return cases | {WHOLE: Case(Settings(), STAGES["v1"], "scan")}


CASES = _cases()
NOTEBOOK = "notebook"
MISSING = "data missing"
SWEEP = "beyond scan"

FLAGS = {
    "JAX_ENABLE_X64": "1",
    "JAX_THREEFRY_PARTITIONABLE": "0",
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_DISABLE_JIT": "1",
    "JAX_LEGACY_PRNG_KEY": "error",
    "JAX_RANDOM_SEED_OFFSET": "1",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    "JAX_TRANSFER_GUARD": "disallow",
}
"""Flags that the environment may set and that must not change a script."""


def _text(case: Case) -> str:
    """Returns a script that prints each record of the engine.

    Only one of the scan scripts sweeps over seeds, which is slow, and it does so with JAX's NaN
    checks on.
    """
    text = program.script(*case)
    text = text.replace("PRINT_EVERY = 100\n", f"PRINT_EVERY = {RECORD_EVERY}\n")
    if case != CASES[SWEEP]:
        return text.partition("\n\ndef sweep")[0]
    text = text.replace("\nSEED = ", '\njax.config.update("jax_debug_nans", True)\n\nSEED = ')
    return text.replace("sweep(range(8))", "sweep(range(2))")


def _notebook(case: Case) -> str:
    return notebook(program.sections(*case))


RUN_CELLS = """
import json
with open("final.ipynb") as file:
    cells = json.load(file)["cells"]
namespace = {"__name__": "__main__"}
for cell in cells:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), namespace)
"""


def _environment() -> dict[str, str]:
    """Returns the environment without what this package sets for the engine's speed."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ("XLA_FLAGS", "JAX_NUM_CPU_DEVICES")
    }


def _ran(folder: Path, *arguments: str | Path, **variables: str) -> str:
    """Returns the output of a fresh Python process in a folder.

    Args:
      variables: environment variables to add.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=_environment() | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with the tables that scripts read."""
    folder = tmp_path_factory.mktemp("scripts")
    (folder / "diabetes_numbers.csv").write_bytes(DIABETES.read_bytes())
    (folder / "csv_numbers.csv").write_text(_own_table().as_csv(), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def printed(folder: Path) -> dict[str, str]:
    """Returns the output of each script.

    All scripts run in one process, so that JAX is imported once. They are compiled with few
    optimizations, because compiling takes most of the time; the different rounding is well within
    the tolerance. A test below runs one script by itself, without any of this.
    """
    paths = [folder / f"script_{place}.py" for place in range(len(CASES))]
    for path, case in zip(paths, CASES.values(), strict=True):
        path.write_text(_text(case), encoding="utf-8")
    (folder / "final.ipynb").write_text(_notebook(Case(SMALL, STAGES["final"], "functions")))
    (folder / "cells.py").write_text(RUN_CELLS)
    elsewhere = program.script(*CASES["diabetes"], source="elsewhere.csv")
    (folder / "missing.py").write_text(elsewhere)
    paths += [folder / "cells.py", folder / "missing.py"]
    runner = REPOSITORY / "tests/core/run_scripts.py"
    hurried = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    lines = _ran(folder, runner, *paths, **hurried, **FLAGS).splitlines()
    return dict(zip([*CASES, NOTEBOOK, MISSING], map(json.loads, lines), strict=True))


def losses(text: str) -> np.ndarray:
    """Returns the rows `updates, train loss, val loss` of a script's output."""
    return np.array([line.split() for line in text.splitlines() if re.match(" *\\d", line)], float)


@pytest.mark.parametrize("name", CASES)
def test_a_script_prints_the_losses_of_the_engine(name: str, printed: dict[str, str]) -> None:
    case = CASES[name]

    updates, train_loss, val_loss = losses(printed[name]).T

    run = train(case.settings, replace(case.fixes, jit_step=True))
    tolerance = ROUNDING if case.settings.steps == SMALL.steps else SHOWN
    np.testing.assert_array_equal(updates, run.updates)
    np.testing.assert_allclose(train_loss, run.train_loss, rtol=tolerance)
    np.testing.assert_allclose(val_loss, run.val_loss, rtol=tolerance)


def test_the_scripts_of_all_tasks_are_run() -> None:
    assert {case.settings.task for case in CASES.values()} == {*TASKS, OWN_TASK}


@pytest.mark.parametrize("name", ["v1", "final", "beyond", "whole_batches"])
def test_functions_and_class_print_the_same(name: str, printed: dict[str, str]) -> None:
    functions, of_class = (losses(printed[f"{name} {dress}"]) for dress in BOTH)

    np.testing.assert_allclose(functions, of_class, rtol=1e-6)


def test_the_sweep_ends_where_the_single_runs_do(printed: dict[str, str]) -> None:
    swept = re.findall(r"seed (\d+): val loss (\S+)", printed[SWEEP])

    assert len(swept) == 2
    for seed, val_loss in swept:
        run = train(replace(SMALL, seed=int(seed)), STAGES["beyond"])
        assert float(val_loss) == pytest.approx(run.final_val_loss, rel=ROUNDING)


def test_a_script_run_by_itself_prints_the_losses_of_the_app(folder: Path) -> None:
    path = folder / "final.py"
    path.write_text(program.script(Settings(), STAGES["final"]))

    updates, train_loss, val_loss = losses(_ran(folder, path)).T

    run = train(Settings(), STAGES["final"])
    recorded = np.isin(run.updates, updates)
    assert updates.tolist() == list(range(0, 1001, 100))
    np.testing.assert_allclose(train_loss, run.train_loss[recorded], rtol=SHOWN)
    np.testing.assert_allclose(val_loss, run.val_loss[recorded], rtol=SHOWN)


def test_the_first_version_ends_at_the_losses_that_the_post_prints(
    printed: dict[str, str],
) -> None:
    _, train_loss, val_loss = losses(printed[WHOLE])[-1]

    assert train_loss == pytest.approx(5.504083, rel=SHOWN)
    assert val_loss == pytest.approx(5.637690, rel=SHOWN)


@pytest.mark.parametrize("dress", program.DRESSES)
def test_a_script_imports_only_what_it_says(dress: str) -> None:
    text = program.script(replace(SMALL, task="diabetes", batch_size=32), STAGES["final"], dress)

    imported = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))

    assert imported == {"csv", "itertools", "jax", "numpy", "optax"}


def test_scripts_are_formatted_and_sound(tmp_path: Path) -> None:
    for case in _written(tmp_path):
        compile(case.read_text(), case.name, "exec")
    ruff = (sys.executable, "-m", "ruff")
    formatted = subprocess.run(
        [*ruff, "format", "--isolated", "--no-cache", "--diff", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    config = REPOSITORY / "pyproject.toml"
    sound = subprocess.run(
        [*ruff, "check", "--no-cache", "--config", config, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert formatted.stdout == ""
    assert sound.returncode == 0, sound.stdout


def _written(folder: Path) -> list[Path]:
    """Returns scripts for every combination of switches, with alternating settings."""
    settings = [
        Settings(),
        replace(SMALL, clip_norm=0.5, schedule="cosine", noise=0.1, task="friedman"),
        Settings(task="diabetes", schedule="cosine", hidden=(3,)),
        replace(SMALL, clip_norm=100.0, task="sine", hidden=(8, 6, 6, 6)),
        Settings(task=OWN_TASK, batch_size=16),
    ]
    paths = []
    for number in range(2 ** len(SWITCHES)):
        fixes = Fixes(**{name: bool(number >> bit & 1) for bit, name in enumerate(SWITCHES)})
        for place, dress in enumerate(program.DRESSES):
            path = folder / f"{dress}_{number}.py"
            chosen = settings[(number + place) % len(settings)]
            path.write_text(program.script(chosen, fixes, dress), encoding="utf-8")
            paths.append(path)
    return paths


@pytest.mark.parametrize("dress", program.DRESSES)
@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_changes_its_own_lines(switch: str, dress: str) -> None:
    off, on = (replace(STAGES["beyond"], **{switch: value}) for value in (False, True))

    without, having = (places(program.lines(SMALL, fixes, dress), switch) for fixes in (off, on))

    assert without
    assert [place.lines for place in without] != [place.lines for place in having]


@pytest.mark.parametrize("switch", SWITCHES)
def test_an_excerpt_is_a_few_lines_that_the_switch_changes(switch: str) -> None:
    base = STAGES["beyond"]

    off, on = (
        program.excerpt(SMALL, replace(base, **{switch: is_on}), switch) for is_on in (False, True)
    )

    assert off != on
    assert all(1 <= len(text.splitlines()) <= 7 for text in (off, on))


def test_an_unknown_dress_is_refused() -> None:
    with pytest.raises(ValueError, match="dress must be one of functions, class, scan, got 'suit'"):
        program.script(Settings(), Fixes(), "suit")


@pytest.mark.parametrize("dress", program.DRESSES)
def test_a_notebook_is_valid_and_its_cells_are_the_script(dress: str) -> None:
    read = nbformat.reads(_notebook(Case(SMALL, STAGES["final"], dress)), as_version=4)

    nbformat.validate(read)
    code = [cell.source for cell in read.cells if cell.cell_type == "code"]
    assert "\n\n\n".join(code) + "\n" == program.script(SMALL, STAGES["final"], dress)


def test_a_script_without_its_data_says_so(printed: dict[str, str]) -> None:
    assert printed[MISSING] == "elsewhere_numbers.csv is missing: run this in its folder\n"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("mpg.csv", "mpg_numbers.csv"),
        ("mpg_numbers.csv", "mpg_numbers_numbers.csv"),
        ('a:b?"c".csv', "a_b_c_numbers.csv"),
        ("../../etc/pass wd.tsv", "pass_wd_numbers.csv"),
        ("CON.csv", "CON_numbers.csv"),
        ("aux.2024.csv", "aux_2024_numbers.csv"),
        ("größe.csv", "groe_numbers.csv"),
        ("数据.csv", "csv_numbers.csv"),
        (".csv", "csv_numbers.csv"),
        ("-rf *.csv", "rf_numbers.csv"),
        (f"{'x' * 300}.csv", f"{'x' * 40}_numbers.csv"),
        (f"{'x' * 40}_numbers.csv", f"{'x' * 32}_numbers_numbers.csv"),
        (None, "diabetes_numbers.csv"),
    ],
)
def test_a_table_has_a_name_that_every_system_takes(source: str | None, name: str) -> None:
    settings = Settings(task="diabetes")

    assert program.file_name(settings, source) == name
    assert f'TABLE = "{name}"' in program.script(settings, Fixes(), source=source)


def test_a_notebook_runs_from_top_to_bottom(printed: dict[str, str]) -> None:
    run = train(SMALL, STAGES["final"])

    assert losses(printed[NOTEBOOK])[-1, 2] == pytest.approx(run.final_val_loss, rel=ROUNDING)


def test_the_command_line_prints_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    main(["program", "--stage", "final", "--off", "adamw", "--dress", "class", "--steps", "50"])

    fixes = replace(STAGES["final"], adamw=False)
    assert capsys.readouterr().out == program.script(Settings(steps=50), fixes, "class")


def test_the_command_line_writes_the_table_that_the_script_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["program", "--task", "diabetes", "--batch-size", "64", "--data", str(tmp_path)])

    (table,) = tmp_path.iterdir()
    assert f'TABLE = "{table.name}"' in capsys.readouterr().out
    numbers = np.loadtxt(table, delimiter=",", skiprows=1)
    np.testing.assert_array_equal(numbers, np.loadtxt(DIABETES, delimiter=",", skiprows=1))


def test_the_command_line_names_the_table_that_the_script_reads(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["program", "--task", "diabetes", "--batch-size", "64"])

    printed = capsys.readouterr()
    assert printed.err.splitlines() == [
        "The script reads diabetes_numbers.csv; --data FOLDER writes this file."
    ]
    assert printed.out == program.script(Settings(task="diabetes", batch_size=64), Fixes())


def test_the_command_line_overwrites_no_other_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "diabetes_numbers.csv"
    other.write_text("mine")

    with pytest.raises(SystemExit):
        main(["program", "--task", "diabetes", "--batch-size", "64", "--data", str(tmp_path)])

    assert "exists and has other content" in capsys.readouterr().err
    assert other.read_text() == "mine"


def test_the_command_line_has_no_table_to_write_for_a_formula(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["program", "--data", str(tmp_path)])

    assert "--data needs a task with a table, got sum" in capsys.readouterr().err
