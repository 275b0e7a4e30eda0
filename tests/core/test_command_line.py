"""`python -m mlp_core`, and what importing the package loads."""

import subprocess
import sys

import pytest

from mlp_core import STAGES, Settings, train
from mlp_core.__main__ import main

SMALL = ["--examples", "200", "--steps", "120", "--batch-size", "32", "--hidden", "4", "3"]


def test_a_stage_is_trained_and_printed(capsys):
    main(["train", "--stage", "final", "--seed", "1", *SMALL])

    header, *lines = capsys.readouterr().out.splitlines()
    settings = Settings(seed=1, examples=200, steps=120, batch_size=32, hidden=(4, 3))
    run = train(settings, STAGES["final"], record_at=(0, 100, 120))
    expected = zip(run.updates, run.train_loss, run.val_loss, strict=True)
    assert header.split() == ["updates", "train", "loss", "val", "loss"]
    assert [line.split() for line in lines] == [
        [str(update), f"{train_loss:.6f}", f"{val_loss:.6f}"]
        for update, train_loss, val_loss in expected
    ]


def test_switches_are_turned_on_and_off_after_the_stage(capsys):
    main(["train", "--stage", "final", "--off", "adamw", "--on", "epsilon_in_root", *SMALL])
    turned = capsys.readouterr().out
    main(["train", "--stage", "final", *SMALL])

    assert turned != capsys.readouterr().out


def test_a_run_that_ends_in_nan_says_so(capsys):
    main(["train", "--seed", "2", "--on", "jit_step", "--steps", "40"])

    assert "The loss is NaN from update 0 on." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["train", "--stage", "v9"], "invalid choice: 'v9'"),
        (["train", "--seed", "x"], "invalid int value: 'x'"),
        (["train", "--seed", "-1"], "seed must be in 0..2147483647, got -1"),
        (["train", "--hidden", "8", "999"], "a hidden width must be in 2..64, got 999"),
        (["train", "--on", "magic"], "invalid choice: 'magic'"),
        (["detectors", "--out", "no/such/folder/table.parquet"], "out must be a file in a folder"),
        ([], "required: command"),
    ],
)
def test_a_wrong_argument_gets_one_line_and_status_2(arguments, reason, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)

    printed = capsys.readouterr()
    assert exit_.value.code == 2
    assert reason in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_help_is_there_for_both_levels(capsys):
    for arguments in (["--help"], ["train", "--help"]):
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == 0
        assert "usage" in capsys.readouterr().out


def test_choosing_switches_and_settings_does_not_load_jax():
    program = "import sys, mlp_core; mlp_core.Settings(); sys.exit('jax' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
