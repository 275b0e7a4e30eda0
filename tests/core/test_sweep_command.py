"""`python -m mlp_core sweep`: writing, resuming, and sharing between processes."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mlp_core import Settings, sweep
from mlp_core.analysis import grid_file
from mlp_core.cli.main import main
from mlp_core.engine.sweeps import all_combinations

ROOT = Path(__file__).parents[2]
SIZES = ["--examples", "200", "--steps", "45", "--batch-size", "32", "--hidden", "4", "3"]
SETTINGS = Settings(examples=200, hidden=(4, 3), steps=45, batch_size=32)
SWITCHES = ("norm_init", "adamw")


def command(out, seeds, *more):
    switches = ["--switches", *SWITCHES]
    arguments = ["sweep", "--out", str(out), "--seeds", str(seeds), *SIZES, *switches, *more]
    return [sys.executable, "-m", "mlp_core", *arguments]


def start(*arguments):
    return subprocess.Popen(
        command(*arguments), cwd=ROOT, env=os.environ.copy(), stderr=subprocess.PIPE, text=True
    )


def assert_is_the_sweep(path, seeds):
    grid = grid_file.load(path).grid
    expected = sweep(SETTINGS, all_combinations(SWITCHES), range(seeds))
    assert grid.seeds == expected.seeds
    assert grid.combinations == expected.combinations
    np.testing.assert_allclose(grid.val_loss, expected.val_loss, rtol=1e-4)
    np.testing.assert_allclose(grid.train_loss, expected.train_loss, rtol=1e-4)
    np.testing.assert_allclose(grid.predict_mean, expected.predict_mean, rtol=1e-6)


def test_an_interrupted_sweep_goes_on_where_it_was_killed(tmp_path):
    out, seeds = tmp_path / "grid.parquet", 200
    partial = tmp_path / "grid.parquet.partial-0"

    killed = start(out, seeds)
    while not partial.exists():
        assert killed.poll() is None, "the sweep ended before it could be killed"
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    finished = len(grid_file.load(partial).grid.seeds)
    resumed = start(out, seeds)
    _, progress = resumed.communicate(timeout=200)

    assert 0 < finished < seeds
    assert resumed.returncode == 0
    first_report = int(progress.split(" of ")[0].split()[-1])
    assert first_report > finished
    assert_is_the_sweep(out, seeds)
    assert not partial.exists()


def test_what_another_sweep_left_behind_is_neither_used_nor_lost(tmp_path):
    out, partial = tmp_path / "grid.parquet", tmp_path / "grid.parquet.partial-0"
    other = sweep(Settings(examples=400, steps=20), all_combinations(SWITCHES), range(2))
    grid_file.save(partial, other)

    refused = start(out, 2)
    _, message = refused.communicate(timeout=200)

    assert refused.returncode == 2
    assert "holds another sweep" in message
    assert grid_file.load(partial).grid.settings == other.settings


def test_two_processes_share_a_sweep(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    out = tmp_path / "grid.parquet"
    shared = ["--coordinator", coordinator, "--processes", "2", "--process-id"]

    both = [start(out, 5, *shared, str(this)) for this in range(2)]
    messages = [process.communicate(timeout=200)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], messages
    assert_is_the_sweep(out, 5)
    assert [path.name for path in tmp_path.iterdir()] == ["grid.parquet"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--seeds", "0"], "seeds must be at least 1 for each process"),
        (["--switches", "jit_step"], "invalid choice: 'jit_step'"),
        (["--processes", "0"], "processes at least 1"),
        (["--seeds", "1", "--processes", "2"], "seeds must be at least 1 for each process"),
        (["--seed", "3"], "unrecognized arguments: --seed 3"),
        (["--processes", "2"], "several processes need --coordinator"),
        (["--processes", "2", "--coordinator", "x:1", "--process-id", "2"], "--process-id in 0..1"),
        (["--out", "missing/grid.parquet"], "out must be a file in a folder that exists"),
    ],
)
def test_a_wrong_argument_gets_one_line_and_status_2(arguments, reason, capsys, tmp_path):
    with pytest.raises(SystemExit) as exit_:
        main(["sweep", "--out", str(tmp_path / "grid.parquet"), *arguments])

    message = capsys.readouterr().err
    assert exit_.value.code == 2
    assert reason in message
    assert message.count("\n") == 1
